package supervisor

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/machine"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
	"github.com/hotswap-dev/hotswap/supervisor/usage"
)

// ErrStopping answers a command when hotswap has ended, or is about to.
var ErrStopping = errors.New("hotswap is stopping")

// Supervisor runs generations of one command. Create it with [New] and call Run once; any
// goroutine may call the other methods.
type Supervisor struct {
	cfg         Config // constant after New
	memory      *run.Memory
	runner      *run.Runner   // starts every program
	inbox       chan func()   // what the loop is to do next, or nil; unbuffered
	done        chan struct{} // closed when the loop has ended
	status      atomic.Pointer[report.Status]
	wg          sync.WaitGroup         // goroutines that may still post, or that linger behind a drain
	inspectedIn atomic.Pointer[string] // the folder of the generation that was inspected last; nil: none was
	released    atomic.Bool            // a generation that is not here has the new connections

	// Only the loop uses what follows.
	waiters        map[report.Token]chan<- report.Result // each has room for one
	last           report.Token                          // that was given
	m              *machine.Machine
	children       map[GenID]*child // also the standby and the rehearsal
	rehearsal      GenID            // the number of the newest
	inspects       sync.Mutex       // held while an inspection is under way. Any goroutine may use it
	stopInspection func()           // stops the newest inspection
	builder        *builder         // of the newest step; nil: there was none
	then           []func()         // run when no build is under way
	beside         *company         // its fields say who uses them
	companions     sync.WaitGroup   // programs beside and hooks, also hooks that wait
	hooks          hooks
	trace          trace
	timer          *time.Timer // goes off at the machine's next deadline
	exit           int
	ended          bool
	steered        time.Duration    // what the newest cutover took
	unready        map[GenID]string // why a generation is not ready, if it says so
	sweeping       bool             // a sweep is due
	changed        chan struct{}    // of the newest status
	// replaced, never changed; nil: the newest change serves, or is under way and none before it failed
	failure       *report.FailureStatus
	broken        report.Step         // the command that failed last
	begun, before report.GenID        // the newest generation, and the one when the newest command failed
	paused        *report.PauseStatus // replaced, never changed; nil: changes of files are not paused
}

// New returns a supervisor. Nothing happens before Run.
func New(cfg Config) *Supervisor {
	cfg.Policy.Warm, cfg.Policy.Inspects = cfg.Warmer != nil, cfg.Shortcut != nil
	s := &Supervisor{
		cfg: cfg, memory: &run.Memory{Used: usage.MemoryOf, Left: usage.MemoryLeft},
		inbox: make(chan func()), done: make(chan struct{}),
		waiters: map[report.Token]chan<- report.Result{}, unready: map[GenID]string{},
		m: machine.New(cfg.Policy, cfg.Past), children: map[GenID]*child{}, rehearsal: rehearsalNumbers,
		changed: make(chan struct{}), stopInspection: func() {},
	}
	s.runner = &run.Runner{Console: cfg.Console, Starts: cfg.Starts, Env: s.commandEnv, Started: s.refresh}
	s.cfg.Policy = s.m.Policy() // with the defaults
	s.beside, s.trace.to = newCompany(s), cfg.Trace
	s.hooks.ctx, s.hooks.end = context.WithCancel(context.Background())
	s.publish()
	return s
}

// Status returns a snapshot, without what is only counted in that of [Supervisor.Now].
func (s *Supervisor) Status() report.Status { return *s.status.Load() }

// Current returns a status that reflects every notice sent so far. A notice comes a moment before its status.
func (s *Supervisor) Current() report.Status {
	s.sync()
	return s.Status()
}

// Recent is [Supervisor.Current], or the last known status if the loop hangs, which must not keep people from seeing
// what is wrong.
func (s *Supervisor) Recent() report.Status {
	ctx, cancel := context.WithTimeout(context.Background(), wait.Person)
	defer cancel()
	s.postUntil(ctx, nil)
	return s.Status()
}

// Now is [Supervisor.Recent] with what is counted only when somebody asks.
func (s *Supervisor) Now() report.Status {
	st := s.Recent()
	s.cfg.Count(&st)
	return st
}

// Change is what a batch of changed files asks for.
type Change struct {
	Files []string      // for people
	Steps []report.Step // that run before the start
	Only  bool          // nothing starts after the steps
	// Beside are events whose hooks run beside the steps and the start.
	Beside []report.Happening
	// Then is called in a goroutine of its own when the steps have ended, whatever their end; it
	// needs steps. Nil: nothing is.
	Then func()
}

// Batch says that files have changed. Batch blocks only while the loop is busy.
func (s *Supervisor) Batch(c Change) {
	s.post(func() {
		for _, what := range c.Beside {
			s.happened(what)
		}
		if c.Only && len(c.Steps) == 0 {
			return
		}
		if c.Then != nil && s.Status().State != report.PhaseStopping {
			s.then = append(s.then, c.Then)
		}
		s.step(machine.Request{Cause: report.CauseChange, Files: c.Files, Steps: c.Steps, Only: c.Only})
	})
}

// SetPaused notes that changes of files wait, or wait no more. It reports whether that is new. The status says so when
// SetPaused returns.
func (s *Supervisor) SetPaused(paused bool) (fresh bool) {
	s.call(func() {
		fresh = paused != (s.paused != nil)
		if !paused {
			s.paused = nil
		} else if fresh {
			s.paused = &report.PauseStatus{Since: time.Now()}
		}
	})
	return fresh
}

// StopFirst makes [StopFirst] the strategy from now on. If the newest generation has failed because it was refused what
// an older one has, it begins again; 0: none was.
func (s *Supervisor) StopFirst(refused GenID) {
	s.send(machine.Command{Do: machine.OneAtATime, Gen: refused})
}

// Released says that gates of the registry were released, or may be retired again, although no
// generation has ended here.
func (s *Supervisor) Released() { s.post(s.retireGates) }

// Reload starts a fresh generation and waits for its fate.
func (s *Supervisor) Reload(ctx context.Context) (report.Result, error) {
	return s.await(ctx, func(t report.Token) machine.Event {
		return machine.Request{Cause: report.CauseCommand, Steps: s.cfg.Steps, Token: t}
	})
}

// Sleep ends the generation, which has had nothing to do for so long, until [Supervisor.Wake], [Supervisor.Reload] or
// the end. Changes start nothing meanwhile.
func (s *Supervisor) Sleep(gen GenID, idle time.Duration) {
	s.send(machine.Command{Do: machine.Sleep, Gen: gen, Delay: idle})
}

// Wake starts a generation for somebody who waits for one, if the program sleeps.
func (s *Supervisor) Wake() { s.send(machine.Request{Cause: report.CauseClient}) }

// Rollback steers back to the generation that served before, while that generation still can serve.
func (s *Supervisor) Rollback(ctx context.Context) (report.Result, error) {
	return s.command(ctx, machine.Command{Do: machine.Rollback})
}

// Stop drains and ends everything after a delay, in which nothing starts, and waits for that. A second stop cuts the
// delay short.
func (s *Supervisor) Stop(ctx context.Context, delay time.Duration) (report.Result, error) {
	return s.command(ctx, machine.Command{Do: machine.Stop, Delay: delay})
}

// Interrupt begins a stop at once for somebody who waits at a terminal: open streams get a second only.
func (s *Supervisor) Interrupt() { s.send(machine.Command{Do: machine.Stop, Hurry: true}) }

// StopNow has everything killed, so that Run returns with this exit code.
func (s *Supervisor) StopNow(code int) { s.send(machine.Command{Do: machine.StopNow, Code: code}) }

func (s *Supervisor) command(ctx context.Context, ev machine.Command) (report.Result, error) {
	return s.await(ctx, func(t report.Token) machine.Event { ev.Token = t; return ev })
}

func (s *Supervisor) await(ctx context.Context, with func(report.Token) machine.Event) (report.Result, error) {
	reply := make(chan report.Result, 1)
	if s.post(func() {
		s.last++
		s.waiters[s.last] = reply
		s.step(with(s.last))
	}) {
		select {
		case r, ok := <-reply:
			if ok {
				return r, nil
			}
		case <-ctx.Done():
			return report.Result{}, ctx.Err()
		}
	}
	return report.Result{Outcome: report.OutcomeStopping}, ErrStopping
}

// send gives an event to the machine.
func (s *Supervisor) send(ev machine.Event) { s.post(func() { s.step(ev) }) }

// post has the loop run a function. It blocks while the loop is busy, and reports
// whether the loop took the function: false means that the loop has ended.
func (s *Supervisor) post(f func()) bool {
	return s.postUntil(context.Background(), f)
}

// sync returns when all that was posted before is done and published: the inbox has no
// room, so the loop has published the rest when it takes this. A question changes nothing, and wakes nobody.
func (s *Supervisor) sync() { s.post(nil) }

// refresh has the loop publish what only a goroutine knew: that a process has started.
func (s *Supervisor) refresh() { s.post(func() {}) }

// call has the loop run a function, and returns when it has, and has published what follows, or when the loop has
// ended.
func (s *Supervisor) call(f func()) {
	s.post(f)
	s.sync()
}

// postUntil is post, but gives up when ctx ends.
func (s *Supervisor) postUntil(ctx context.Context, f func()) bool {
	select {
	case s.inbox <- f:
		return true
	case <-s.done:
	case <-ctx.Done():
	}
	return false
}

func (s *Supervisor) notice(n report.Notice) { s.post(func() { s.notify(n) }) }

// Resized tells all programs that the terminal has another size.
func (s *Supervisor) Resized() { s.runner.Signal(syscall.SIGWINCH) }

// Suspend stops all programs, as the terminal's Ctrl-Z does: it sends SIGTSTP, which a program may handle or ignore, to
// every process. It returns when that is done, so that hotswap itself can be stopped. Clients wait in the queues
// meanwhile.
func (s *Supervisor) Suspend() {
	s.call(func() {
		s.runner.Signal(syscall.SIGTSTP)
		if c := s.children[s.rehearsal]; c != nil {
			c.end(true) // else the time asleep would be held against its packages
		}
	})
}

// Resume goes on where Suspend stopped. A deadline that has passed meanwhile counts.
func (s *Supervisor) Resume() { s.runner.Signal(syscall.SIGCONT) }

// Tree returns the processes of a generation, parents first; 0: of the one that serves, or while none does of the one
// that starts. There are none if there is no such generation, or if its process is just being started.
func (s *Supervisor) Tree(gen GenID) []int {
	var c *child
	s.call(func() { c = s.children[cmp.Or(gen, s.m.Foremost())] })
	if p := c.process(); p != nil {
		return p.Tree()
	}
	return nil
}
