package supervisor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// theatre runs programs that can wait: its actors. It notes what is done to them,
// in order.
type theatre struct {
	// As the test wishes; nil or zero: all goes well, and takes a second.
	learn, hold, ready, fresh, goes func() error
	open                            func() error // of a standby's streams
	early                           bool         // a standby listens before its time
	deaf                            bool         // programs end by SIGKILL only
	left, size                      uint64       // in MB, of the machine and of a standby; 0: not known, 100

	mu     sync.Mutex // guards what follows
	notes  []string
	actors []*actor
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
	exited chan proc.Exit
	gone   chan struct{}
	once   sync.Once
}

func (th *theatre) Start(s proc.Spec) (Process, error) {
	a := &actor{theatre: th, exited: make(chan proc.Exit, 1), gone: make(chan struct{})}
	th.mu.Lock()
	th.actors = append(th.actors, a)
	a.pid = 100 + len(th.actors)
	th.mu.Unlock()
	th.note("start %d ahead %v", a.pid, s.Ahead)
	return a, nil
}
func (a *actor) PID() int                 { return a.pid }
func (a *actor) Listener() (int, error)   { return -1, nil }
func (a *actor) Tree() []int              { return []int{a.pid} }
func (a *actor) Exited() <-chan proc.Exit { return a.exited }
func (a *actor) Gone() <-chan struct{}    { return a.gone }
func (a *actor) Release() error           { a.note("release"); return nil }
func (a *actor) Kill() error              { a.end(proc.Exit{Signal: syscall.SIGKILL}); return nil }
func (a *actor) Signal(sig syscall.Signal) error {
	a.note("%v", sig)
	if sig == syscall.SIGTERM && !a.deaf {
		a.end(proc.Exit{Signal: sig})
	}
	return nil
}
func (a *actor) end(e proc.Exit) {
	a.once.Do(func() { a.note("%d ends", a.pid); a.exited <- e; close(a.gone) })
}

func (th *theatre) used(tree []int) uint64 {
	if tree[0] > 101 && th.size > 0 {
		return th.size << 20
	}
	return 100 << 20
}

func (*theatre) Name() string { return "theatre" }
func (th *theatre) Prepare(l *handoff.Launch) (handoff.Session, error) {
	return scene{th, l.Gen}, nil
}

type scene struct {
	*theatre
	gen GenID
}

func (p scene) Run(ctx context.Context, r handoff.Running, report func(handoff.Event)) error {
	report(handoff.Said{Gen: p.gen, Text: "hello"})
	if !p.early && r.Wait(ctx) != nil {
		return nil
	}
	report(handoff.Listening{Gen: p.gen, Endpoint: portA})
	<-ctx.Done()
	p.note("%d closes", p.gen)
	return nil
}

func (th *theatre) Open(_ GenID, kept bool, _ func(string)) (Streams, error) {
	if kept && th.open != nil {
		return nil, th.open()
	}
	return curtain{th, kept}, nil
}

type curtain struct {
	*theatre
	kept bool
}

func (curtain) Stdio() [3]int     { return [3]int{} }
func (curtain) Outlets() [][2]int { return nil }
func (curtain) Started()          {}
func (curtain) Flush()            {}
func (curtain) Last() []string    { return []string{"Error: no stage"} }
func (curtain) Close()            {}
func (c curtain) Go()             { c.note("shown") }

func (th *theatre) Learn(ctx context.Context, gen GenID, pid int, tree func() []int) error {
	th.note("learn %d %d %v", gen, pid, tree())
	return th.await(ctx, th.learn)
}

func (th *theatre) Hold(l *handoff.Launch) (Standby, error) {
	if th.hold != nil {
		return nil, th.hold()
	}
	return heldBack{th, l.Gen}, nil
}

// await takes a second, or until ctx ends.
func (th *theatre) await(ctx context.Context, then func() error) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Second):
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

func (w heldBack) Ready(ctx context.Context) error { return w.await(ctx, w.ready) }
func (w heldBack) Fresh() error                    { return or(w.fresh) }
func (w heldBack) Go() error                       { w.note("go %d", w.gen); return or(w.goes) }
func (w heldBack) Close() error                    { w.note("close %d", w.gen); return nil }

// perform lets a supervisor run the theatre's programs, and the test go on when
// the first one serves. At its end nothing may be left.
func (th *theatre) perform(t *testing.T, test func(*testing.T, *Supervisor, func() []any)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var told []any
		s := New(Config{
			Command: []string{"play"}, Registry: handoff.NewRegistry(nil), Transports: []handoff.Transport{th}, Runner: th, Console: th, Warmer: th,
			Policy: Policy{Watching: true},
			Notify: func(n any) { mu.Lock(); defer mu.Unlock(); told = append(told, n) },
		})
		s.memory = &memory{kills: func() int { return 0 }, used: th.used, left: func() (uint64, bool) { return th.left << 20, th.left > 0 }}
		ended := make(chan struct{})
		go func() { s.Run(context.Background()); close(ended) }()
		synctest.Wait()
		test(t, s, func() []any { mu.Lock(); defer mu.Unlock(); out := told; told = nil; return out })
		_, _ = s.Stop(t.Context())
		<-ended
		for _, a := range th.actors {
			if alive(a) {
				t.Errorf("%d is left", a.pid)
			}
		}
	})
}

// swap swaps and says whether the new generation was a standby.
func swap(t *testing.T, s *Supervisor) bool {
	t.Helper()
	r, err := s.Swap(t.Context())
	if err != nil || r.Outcome != OutcomeServes {
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

func (th *theatre) wantNotes(t *testing.T, want string) {
	t.Helper()
	if got := th.noted(); got != want {
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

// A standby is started when it is calm, waits, and is the next generation; nothing
// that it says is heard before.
func TestAheadIsTaken(t *testing.T) {
	th := &theatre{}
	th.perform(t, func(t *testing.T, s *Supervisor, told func() []any) {
		for at, want := range map[time.Duration]string{time.Second: "2 0 starting 0", 2 * time.Second: "2 102 starting 0", 3 * time.Second: "2 102 waiting 100"} {
			time.AfterFunc(at, func() {
				if got := standbyOf(s); got != want {
					t.Errorf("after %v: standby %q, want %q", at, got, want)
				}
			})
		}
		time.Sleep(10 * time.Second)
		th.wantNotes(t, "start 101 ahead false, learn 1 101 [101], start 102 ahead true")
		notices := told()
		said := func(n any) bool { return n == handoff.Said{Gen: 2, Text: "hello"} }
		if slices.ContainsFunc(notices, said) {
			t.Error("a standby was heard before its time")
		}
		if at := slices.IndexFunc(notices, func(n any) bool { _, ok := n.(NoticeStandby); return ok }); at < 0 || notices[at] != (NoticeStandby{Gen: 2, Took: 2 * time.Second, Memory: 100 << 20}) {
			t.Errorf("told %v", notices)
		}
		began := time.Now()
		if !swap(t, s) {
			t.Error("the standby was not taken")
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("it took %v", took)
		}
		synctest.Wait()
		th.wantNotes(t, "go 2, shown, release, terminated, 101 ends, 1 closes")
		if !slices.ContainsFunc(told(), said) {
			t.Error("what it said is lost")
		}
		time.Sleep(10 * time.Second)
		if got := standbyOf(s); got != "3 103 waiting 100" {
			t.Errorf("standby %q", got)
		}
	})
	if got := th.noted(); !strings.Contains(got, "103 ends") || !strings.Contains(got, "close 3") || !strings.Contains(got, "close 2") {
		t.Errorf("at the end: %s", got)
	}
}

// It is the next one also while it boots, and its way is not longer.
func TestAheadIsTakenEarly(t *testing.T) {
	th := &theatre{}
	th.perform(t, func(t *testing.T, s *Supervisor, told func() []any) {
		time.Sleep(1500 * time.Millisecond)
		if !swap(t, s) {
			t.Error("the standby was not taken")
		}
		synctest.Wait()
		th.wantNotes(t, "start 101 ahead false, learn 1 101 [101], start 102 ahead true, go 2, shown, release, terminated, 101 ends, 1 closes")
	})
}

// While nobody knows yet how it is made, there is nothing to wait for.
func TestAheadIsNotThereYet(t *testing.T) {
	th := &theatre{}
	th.perform(t, func(t *testing.T, s *Supervisor, told func() []any) {
		time.Sleep(500 * time.Millisecond)
		began := time.Now()
		if swap(t, s) || time.Since(began) != 0 {
			t.Errorf("taken, after %v", time.Since(began))
		}
		synctest.Wait()
		th.wantNotes(t, "start 101 ahead false, learn 1 101 [101], start 102 ahead false, terminated, 101 ends, 1 closes")
		if unused(told()) != nil {
			t.Error("people are told of what never was")
		}
	})
}

func unused(notices []any) error {
	for _, n := range notices {
		if n, ok := n.(NoticeUnused); ok {
			return n.Err
		}
	}
	return nil
}

// Where it is of no use any more, the generation starts cold when nothing of it is
// left.
func TestAheadIsOfNoUse(t *testing.T) {
	no := func() error { return errNoGood }
	for _, c := range []struct {
		th    *theatre
		notes string
	}{
		{&theatre{fresh: no}, "terminated, 102 ends, close 2, start 103 ahead false"},
		{&theatre{goes: no}, "go 2, terminated, 102 ends, close 2, start 103 ahead false"},
		{&theatre{fresh: no, deaf: true}, "terminated, 102 ends, close 2, start 103 ahead false"},
	} {
		c.th.perform(t, func(t *testing.T, s *Supervisor, told func() []any) {
			time.Sleep(10 * time.Second)
			c.th.noted()
			began := time.Now()
			if swap(t, s) || time.Since(began) != 0 {
				t.Errorf("taken, after %v", time.Since(began))
			}
			if got := c.th.noted(); !strings.HasPrefix(got, c.notes) {
				t.Errorf("%s", got)
			}
			if err := unused(told()); !errors.Is(err, errNoGood) {
				t.Errorf("told %v", err)
			}
		})
	}
}

// refused gives the notices of why there is no standby.
func refused(notices []any) (out []string) {
	for _, n := range notices {
		if n, ok := n.(NoticeNoStandby); ok {
			out = append(out, fmt.Sprintf("%v failed %v again %v", n.Err, n.Failed, n.Again))
		}
	}
	return out
}

// One that ends, does what it may not, or cannot be made, leaves nothing behind and
// is told of; so is one for which there is no room.
func TestAheadFails(t *testing.T) {
	no := func() error { return errNoGood }
	again := func() error { return fmt.Errorf("chalk prints: %w", ErrAgain) }
	for name, c := range map[string]struct {
		th   *theatre
		want []string
	}{
		"learn":  {&theatre{learn: no}, []string{"no good failed false again false"}},
		"open":   {&theatre{open: no}, []string{"no good failed false again false"}},
		"hold":   {&theatre{hold: no}, []string{"no good failed true again true", "no good failed true again false"}},
		"ready":  {&theatre{ready: no, deaf: true}, []string{"no good failed true again true", "no good failed true again false"}},
		"again":  {&theatre{ready: again}, slices.Repeat([]string{"chalk prints: thrown away, the next one does without failed false again true"}, 9)},
		"listen": {&theatre{early: true}, slices.Repeat([]string{"it listened before its time failed true again true"}, 1)},
		"room":   {&theatre{left: 399}, []string{"it would take more than a quarter of the memory that is left: 100 of 399 MB failed false again false"}},
		"grown":  {&theatre{left: 401, size: 134}, []string{"it would take more than a quarter of the memory that is left: 134 of 535 MB failed false again false"}},
		"small":  {&theatre{left: 402, size: 134}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			c.th.perform(t, func(t *testing.T, s *Supervisor, told func() []any) {
				time.Sleep(time.Minute)
				if got := refused(told()); len(got) < len(c.want) || !slices.Equal(got[:len(c.want)], c.want) {
					t.Errorf("%q, want %q", got, c.want)
				}
				if got := standbyOf(s); (got == "") != (c.want != nil) {
					t.Errorf("standby %q", got)
				}
				swap(t, s)
			})
		})
	}
}

// A standby that ends while it waits is told with its last words, and made anew.
func TestAheadEnds(t *testing.T) {
	th := &theatre{}
	th.perform(t, func(t *testing.T, s *Supervisor, told func() []any) {
		time.Sleep(10 * time.Second)
		th.last().end(proc.Exit{Code: 1})
		time.Sleep(10 * time.Second)
		if got, want := refused(told()), `it ended before its time: exit 1: "Error: no stage" failed true again true`; !slices.Equal(got, []string{want}) {
			t.Errorf("%q, want %q", got, want)
		}
		if !swap(t, s) {
			t.Error("there is no other")
		}
	})
}

// Whoever needs the machine for himself ends it, and waits for that.
func TestAheadIsCooled(t *testing.T) {
	th := &theatre{deaf: true}
	th.perform(t, func(t *testing.T, s *Supervisor, told func() []any) {
		time.Sleep(10 * time.Second)
		th.noted()
		began := time.Now()
		if err := s.Cool(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("it took %v", took)
		}
		th.wantNotes(t, "terminated, 102 ends, close 2")
		time.Sleep(time.Minute)
		if got := standbyOf(s); got != "" {
			t.Errorf("standby %q", got)
		}
		s.Warm(t.Context())
		time.Sleep(10 * time.Second)
		s.Suspend()
		s.Signal(syscall.SIGUSR1, AudienceAll)
		s.Resume()
		s.Current()
		th.wantNotes(t, "learn 1 101 [101], start 103 ahead true, stopped, stopped, user defined signal 1, continued, continued")
		if !swap(t, s) {
			t.Error("the standby was not taken")
		}
		// At once, if hotswap is told so.
		time.Sleep(10 * time.Second)
		began = time.Now()
		_, _ = s.StopNow(t.Context(), 130)
		if took := time.Since(began); took != 0 {
			t.Errorf("the end took %v", took)
		}
	})
}
