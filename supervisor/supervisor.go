package supervisor

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// ErrStopping answers a command when hotswap has ended, or is about to.
var ErrStopping = errors.New("hotswap is stopping")

// Supervisor runs generations of one command. Create it with [New] and call Run once; any
// goroutine may call the other methods.
type Supervisor struct {
	cfg     Config // constant after New
	memory  *memory
	inbox   chan func()              // what the loop is to do next; unbuffered
	done    chan struct{}            // closed when the loop has ended
	argv    atomic.Pointer[[]string] // the command
	status  atomic.Pointer[Status]
	changed atomic.Pointer[chan struct{}] // closed, and replaced, after each step
	wg      sync.WaitGroup                // goroutines that may still post

	mu      sync.Mutex // guards the next two
	waiters map[token]chan Result
	last    token

	// Only the loop uses what follows.
	m          *machine
	children   map[GenID]*child
	standby    *child      // nil: there is none
	rehearsal  *child      // the one under way; nil: there is none
	rehearsals GenID       // how many there were
	inspects   *inspection // the newest; nil: there was none
	builder    *builder    // of the newest build; nil: there was none
	beside     *company    // its fields say who uses them
	companions sync.WaitGroup
	clock      clock
	days       days        // of the times in the status
	timer      *time.Timer // goes off at the machine's next deadline
	exit       int
	ended      bool
	notes      loopNotes
	places     []Place // that were told last
}

// New returns a supervisor. Nothing happens before Run.
func New(cfg Config) *Supervisor {
	if cfg.StopSignal == 0 {
		cfg.StopSignal = syscall.SIGTERM
	}
	if cfg.Notify == nil {
		cfg.Notify = func(Notice) {}
	}
	if cfg.Console == nil {
		cfg.Console = Inherited{0, 1, 2}
	}
	if cfg.Runner == nil {
		cfg.Runner = systemRunner{}
	}
	cfg.Policy.DrainSignal = cfg.DrainSignal != 0
	cfg.Policy.Warm = cfg.Warmer != nil
	s := &Supervisor{
		cfg: cfg, memory: newMemory(), inbox: make(chan func()), done: make(chan struct{}),
		waiters: map[token]chan Result{}, m: newMachine(cfg.Policy), children: map[GenID]*child{},
	}
	s.argv.Store(&cfg.Command)
	s.m.parent, s.m.last = cfg.Parent, cfg.Parent.Last
	s.beside = newCompany(s)
	s.publish()
	return s
}

// Status returns a snapshot.
func (s *Supervisor) Status() Status { return *s.status.Load() }

// Current returns a status that reflects every notice sent so far. A notice comes a moment
// before its status.
func (s *Supervisor) Current() Status {
	s.sync()
	return s.Status()
}

// Changed returns a channel that is closed when the status changes. To wait for something, get
// the channel first, then look at the status, then wait.
func (s *Supervisor) Changed() <-chan struct{} { return *s.changed.Load() }

// Change is what a batch of changed files asks for.
type Change struct {
	Files []string // for people
	Steps []Step   // that run before the start
	Only  bool     // nothing starts after the steps
	// Then is called in a goroutine of its own when the steps have ended, whatever their end; it
	// needs steps. Nil: nothing is.
	Then func()
}

// Batch says that files have changed. Batch blocks only while the loop is busy.
func (s *Supervisor) Batch(c Change) {
	ev := evRequest{cause: CauseChange, files: c.Files, steps: c.Steps, only: c.Only}
	if c.Then != nil {
		ev.then = []func(){c.Then}
	}
	s.send(ev)
}

// StopFirst makes [StopFirst] the strategy from now on.
func (s *Supervisor) StopFirst() { s.send(evStopFirst{}) }

// Installing says that packages are being installed, so that nothing begins meanwhile, for limit
// at most. own: by the program or a step. With limit 0 they are no longer.
func (s *Supervisor) Installing(limit time.Duration, own bool) {
	s.send(evInstalling{limit: limit, own: own})
}

// Released says that gates of the registry were released, or may be retired again, although no
// generation has ended here.
func (s *Supervisor) Released() { s.post(s.retireGates) }

// Reload starts a fresh generation and waits for its fate.
func (s *Supervisor) Reload(ctx context.Context) (Result, error) {
	return s.await(ctx, func(t token) event { return evRequest{cause: CauseCommand, token: t} })
}

// Rollback steers back to the generation that served before, while that generation still can
// serve.
func (s *Supervisor) Rollback(ctx context.Context) (Result, error) {
	return s.command(ctx, evCommand{cmd: cmdRollback})
}

// Stop drains and ends everything, and waits for that.
func (s *Supervisor) Stop(ctx context.Context) (Result, error) {
	return s.command(ctx, evCommand{cmd: cmdStop})
}

// StopNow kills everything, so that Run returns with this exit code.
func (s *Supervisor) StopNow(ctx context.Context, code int) (Result, error) {
	return s.command(ctx, evCommand{cmd: cmdStopNow, code: code})
}

// HandOver ends the standby, waits for that and gives the next generation's number to another
// hotswap, which upgrades this one. No generation here gets that number, and no generation
// begins before [Supervisor.TakeBack].
func (s *Supervisor) HandOver(ctx context.Context) (GenID, error) {
	r, err := s.command(ctx, evCommand{cmd: cmdHandOver})
	return r.Gen, err
}

// TakeBack lets generations and standbys begin again.
func (s *Supervisor) TakeBack(ctx context.Context) {
	_, _ = s.command(ctx, evCommand{cmd: cmdTakeBack})
}

func (s *Supervisor) command(ctx context.Context, ev evCommand) (Result, error) {
	return s.await(ctx, func(t token) event { ev.token = t; return ev })
}

// await sends an event and waits for the reply.
func (s *Supervisor) await(ctx context.Context, with func(token) event) (Result, error) {
	reply := make(chan Result, 1)
	s.mu.Lock()
	s.last++
	t := s.last
	s.waiters[t] = reply
	s.mu.Unlock()
	if !s.send(with(t)) {
		return Result{Outcome: OutcomeStopping}, ErrStopping
	}
	select {
	case r := <-reply:
		return r, nil
	case <-ctx.Done():
		return Result{}, ctx.Err()
	case <-s.done:
		select {
		case r := <-reply: // both were ready
			return r, nil
		default:
			return Result{Outcome: OutcomeStopping}, ErrStopping
		}
	}
}

func (s *Supervisor) reply(t token, r Result) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.waiters[t]; c != nil {
		c <- r
		delete(s.waiters, t)
	}
}

// send gives an event to the machine. It reports whether the loop took it.
func (s *Supervisor) send(ev event) bool { return s.post(func() { s.step(ev) }) }

// post has the loop run a function. It blocks while the loop is busy, and reports
// whether the loop took the function: false means that the loop has ended.
func (s *Supervisor) post(f func()) bool {
	select {
	case s.inbox <- f:
		return true
	case <-s.done:
		return false
	}
}

// sync returns when all that was posted before is done and published: the inbox has no
// room, so the loop has published the rest when it takes this.
func (s *Supervisor) sync() { s.post(func() {}) }

// call has the loop run a function, and returns when it has, or when the loop has ended.
func (s *Supervisor) call(f func()) {
	done := make(chan struct{})
	if s.post(func() { defer close(done); f() }) {
		<-done
	}
}

// postUntil is post, but gives up when ctx ends.
func (s *Supervisor) postUntil(ctx context.Context, f func()) {
	select {
	case s.inbox <- f:
	case <-s.done:
	case <-ctx.Done():
	}
}

// tell posts a notice.
func (s *Supervisor) tell(n Notice) { s.post(func() { s.cfg.Notify(n) }) }
