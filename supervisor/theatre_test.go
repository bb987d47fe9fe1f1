package supervisor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/relay"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/place"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

var (
	portD = handoff.Endpoint{Network: "tcp4", Addr: netip.MustParseAddrPort("127.0.0.1:9229")}
	portA = handoff.Endpoint{Network: "tcp4", Addr: netip.MustParseAddrPort("127.0.0.1:4000")}

	errNoGood = errors.New("no good")
)

// theatre runs programs that can wait: its actors. It notes what is done to them,
// in order. Time is fake, and so are process IDs: nothing in this package may read /proc. TestSlowBoot is a short test:
// cold(func(*Config) {}).perform gives it a supervisor whose first generation serves, swap starts the next one, and
// of[report.NoticeServing](told()) has the notices of a type that came since the last told.
type theatre struct {
	// As the test wants; nil or zero: all goes well, and takes a second.
	learn, hold, ready, tried, fresh, goes func() error
	open                                   func() error    // of a standby's streams
	early                                  bool            // a standby listens before its time
	loud                                   time.Duration   // after which a rehearsal listens; 0: never
	debugged                               bool            // all listen for their debuggers
	deaf                                   bool            // programs end by SIGKILL only
	givenBy                                string          // a command that may have given a standby credentials
	tells                                  []handoff.Event // before a program's time
	environ                                func() (Environment, error)
	config                                 func(*Config)
	left                                   uint64 // in MB, of the machine; 0: not known

	mute    atomic.Bool  // programs do not listen
	settled atomic.Bool  // no change of files is on its way
	endless atomic.Bool  // rehearsals do not come to their end
	unknown atomic.Int32 // so many rehearsals show more

	mu     sync.Mutex // guards what follows
	notes  []string
	actors []*actor

	prints func(line string) // what the program beside writes; known when that has begun
}

func (th *theatre) note(format string, args ...any) {
	th.mu.Lock()
	defer th.mu.Unlock()
	th.notes = append(th.notes, fmt.Sprintf(format, args...))
}

// noted takes the notes so far.
func (th *theatre) noted() string {
	th.mu.Lock()
	defer th.mu.Unlock()
	out := strings.Join(th.notes, ", ")
	th.notes = nil
	return out
}

// last is the program that was started last.
func (th *theatre) last() *actor {
	th.mu.Lock()
	defer th.mu.Unlock()
	return th.actors[len(th.actors)-1]
}

// actor is a program.
type actor struct {
	*theatre
	pid    int
	env    []string
	exited chan report.Exit
	gone   chan struct{}
	once   sync.Once
}

func (th *theatre) Start(s proc.Spec) (run.Process, error) {
	if s.Title == "rehearsal" {
		time.Sleep(time.Nanosecond) // after the standby that begins at the same time
	}
	a := &actor{theatre: th, env: s.Env, exited: make(chan report.Exit, 1), gone: make(chan struct{})}
	th.mu.Lock()
	th.actors = append(th.actors, a)
	a.pid = 100 + len(th.actors)
	th.mu.Unlock()
	switch s.Title {
	case "build":
		th.note("%v", s.Argv)
	case "rehearsal":
		th.note("rehearse %d low %v", a.pid, s.Low)
	default:
		th.note("start %d", a.pid)
	}
	return a, nil
}
func (a *actor) PID() int                   { return a.pid }
func (a *actor) Listener() (int, error)     { return -1, nil }
func (a *actor) Tree() []int                { return []int{a.pid} }
func (a *actor) Exited() <-chan report.Exit { return a.exited }
func (a *actor) Gone() <-chan struct{}      { return a.gone }
func (a *actor) Signal(sig syscall.Signal) error {
	a.note("%v", sig)
	if sig == syscall.SIGTERM && !a.deaf {
		a.end(report.Exit{Signal: sig})
	}
	return nil
}
func (a *actor) Kill() error {
	a.end(report.Exit{Signal: syscall.SIGKILL})
	return nil
}
func (a *actor) end(e report.Exit) {
	a.once.Do(func() { a.note("%d ends", a.pid); a.exited <- e; close(a.gone) })
}

// troupe is the theatre as a transport.
type troupe struct{ *theatre }

func (th troupe) Prepare(l *handoff.Launch) (handoff.Session, error) {
	return scene{th.theatre, l.Gen}, nil
}

type scene struct {
	*theatre
	gen GenID
}

func (p scene) Run(ctx context.Context, r handoff.Running, report func(handoff.Event)) error {
	for _, ev := range p.tells {
		report(ev)
	}
	report(handoff.Degraded{Gen: p.gen, Use: "hello"})
	if p.debugged {
		report(handoff.Listening{Gen: p.gen, Endpoint: portD, Debugger: true})
	}
	if p.gen >= rehearsalNumbers && p.loud > 0 {
		time.Sleep(p.loud)
	} else if !p.early && r.Wait(ctx) != nil {
		return nil
	}
	if !p.mute.Load() {
		report(handoff.Listening{Gen: p.gen, Endpoint: portA})
	}
	<-ctx.Done()
	p.note("%d closes", p.gen)
	return nil
}

func (th *theatre) Open(_ GenID, kept bool, _ func(), line func(string)) (run.Streams, error) {
	if line != nil {
		th.prints = line
	}
	if kept && th.open != nil {
		return nil, th.open()
	}
	return curtain{th, kept}, nil
}

type curtain struct {
	*theatre
	kept bool
}

func (curtain) Stdio() [3]int  { return [3]int{} }
func (curtain) Started()       {}
func (curtain) Flush()         {}
func (curtain) Last() []string { return []string{"Error: no stage"} }
func (curtain) Close()         {}
func (c curtain) Go()          { c.note("shown") }

func (th *theatre) Inspect(ctx context.Context, l handoff.Launch, pid int, tree func() []int) (learn bool,
	err error) {
	th.note("learn %s %d %v", handoff.Value(l.Env, "HOTSWAP_GENERATION"), pid, tree())
	err = th.await(ctx, time.Second, th.learn)
	return th.unknown.Load() > 0, err
}

func (th *theatre) Prepare(l *handoff.Launch, rehearse bool) (handoff.Standby, error) {
	if rehearse {
		if th.unknown.Load() == 0 {
			return nil, handoff.Unknown("there is nothing to learn")
		}
		return rehearsing{heldBack{th, l.Gen}}, nil
	}
	if th.hold != nil {
		return nil, th.hold()
	}
	return heldBack{th, l.Gen}, nil
}

type rehearsing struct{ heldBack }

func (r rehearsing) Ready(ctx context.Context) error {
	if r.endless.Load() {
		<-ctx.Done()
		return ctx.Err()
	}
	return r.await(ctx, 2*time.Second, r.tried)
}
func (r rehearsing) Learn(err error) bool { r.note("learnt %v", err); return r.unknown.Add(-1) > 0 }
func (r rehearsing) Close() error         { r.note("rehearsed"); return nil }

// await takes so long, or until ctx ends.
func (th *theatre) await(ctx context.Context, long time.Duration, then func() error) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(long):
	}
	return or(then)
}

func or(f func() error) error {
	if f == nil {
		return nil
	}
	return f()
}

type heldBack struct {
	*theatre
	gen GenID
}

func (heldBack) Loaded() (int, []string)           { return 3, []string{"sharp: starts threads"} }
func (w heldBack) GivenBy() string                 { return w.givenBy }
func (w heldBack) Ready(ctx context.Context) error { return w.await(ctx, time.Second, w.ready) }
func (heldBack) Learn(error) bool                  { return false }
func (w heldBack) Validate() error                 { return or(w.fresh) }
func (w heldBack) Resume() error                   { w.note("go %d", w.gen); return or(w.goes) }
func (w heldBack) Close() error                    { w.note("close %d", w.gen); return nil }

// perform lets a supervisor run the theatre's programs, and the test go on when
// the first one serves. At its end nothing may be left.
func (th *theatre) perform(t *testing.T, test func(*testing.T, *Supervisor, func() []report.Notice)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var told []report.Notice
		cfg := Config{
			Command: []string{"play"}, Registry: reuseport.NewRegistry(nil),
			Transports: []handoff.Transport{troupe{th}}, Starts: th.Start, Console: th, Warmer: th,
			Task: func(report.Step) Task { return done{} }, Environ: th.environ,
			Policy: Policy{Watching: true}, Relay: relay.New(), Places: place.New(place.Config{}),
			Notify: func(n report.Notice) bool { mu.Lock(); defer mu.Unlock(); told = append(told, n); return true },
			Reason: func(r report.Result) string { return string(r.Why) }, Why: func(reason, _ string) string {
				return reason
			}, StopSignal: syscall.SIGTERM,
			Publish: func(*report.Status) {}, Count: func(*report.Status) {}, Compilers: func(env []string) []string {
				return env
			},
		}
		if th.environ == nil {
			cfg.Environ = func() (Environment, error) { return Environment{}, nil }
		}
		if th.config != nil {
			th.config(&cfg)
		}
		s := New(cfg)
		used := func([]int) uint64 { return 100 << 20 }
		s.memory = &run.Memory{Used: used, Left: func() uint64 { return cmp.Or(th.left<<20, math.MaxUint64) }}
		ended := make(chan struct{})
		go func() { s.Run(); close(ended) }()
		synctest.Wait()
		test(t, s, func() []report.Notice { mu.Lock(); defer mu.Unlock(); out := told; told = nil; return out })
		_, _ = s.Stop(t.Context(), 0)
		<-ended
		for _, a := range th.actors {
			if !wait.Closed(a.Gone()) {
				t.Errorf("%d is left", a.pid)
			}
		}
	})
}

// cold is a theatre without standbys. The change comes before the first generation.
func cold(change func(*Config)) *theatre {
	return &theatre{config: func(cfg *Config) {
		cfg.Warmer = nil
		change(cfg)
	}}
}

// drains is a drain that does what a function does.
type drains func(ctx context.Context, tell func(report.DrainReport)) error

func (d drains) Run(ctx context.Context, tell func(report.DrainReport)) error { return d(ctx, tell) }
func (drains) Retire()                                                        {}

// reportsAt is a drain that reports at set times, and ends after five seconds.
func reportsAt(reports map[time.Duration]report.DrainReport) drains {
	return func(_ context.Context, tell func(report.DrainReport)) error {
		for at := time.Duration(0); at < 5*time.Second; at += 100 * time.Millisecond {
			if r, ok := reports[at]; ok {
				tell(r)
			}
			time.Sleep(100 * time.Millisecond)
		}
		return nil
	}
}

// swap swaps and says whether the new generation was a standby.
func swap(t *testing.T, s *Supervisor) bool {
	t.Helper()
	r, err := s.Reload(t.Context())
	if err != nil || r.Outcome != report.OutcomeServes && r.Outcome != report.OutcomeRuns {
		t.Fatalf("%+v, %v", r, err)
	}
	for _, g := range s.Current().Generations {
		if g.ID == r.Gen {
			return g.Warm
		}
	}
	t.Fatalf("generation %d is not there", r.Gen)
	return false
}

// apart puts the starts last. A standby starts beside all else that a swap does.
func apart(notes string) string {
	var starts, rest []string
	for _, n := range strings.Split(notes, ", ") {
		if strings.HasPrefix(n, "start ") {
			starts = append(starts, n)
		} else {
			rest = append(rest, n)
		}
	}
	return strings.Join(append(rest, starts...), ", ")
}

func (th *theatre) wantNotes(t *testing.T, want string) {
	t.Helper()
	if got := th.noted(); got != want && apart(got) != apart(want) {
		t.Errorf("\n%s, want\n%s", got, want)
	}
}

func standbyOf(s *Supervisor) string {
	st := s.Current().Standby
	if st == nil {
		return ""
	}
	return fmt.Sprint(st.Generation, " ", st.PID, " ", st.State, " ", st.Memory>>20)
}
