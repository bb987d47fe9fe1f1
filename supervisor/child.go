package supervisor

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"
	"syscall"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/machine"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// child is a generation, a standby or a rehearsal, as handles; the machine has its facts. The loop
// calls its methods. Its goroutine, run or runAhead, reports by events.
type child struct {
	gen    GenID
	s      *Supervisor
	ctx    context.Context // until the tree is gone
	cancel context.CancelFunc
	now    atomic.Pointer[launched] // nil until started

	killed bool // by hotswap; the loop's

	// ahead belongs to a program that waits before its own code, or has waited; nil: the child has none. The loop removes
	// ahead when nothing of that program is left.
	ahead *ahead

	// Only the loop uses what follows.
	watch     *watch        // nil until another generation relieves this one
	undrained chan struct{} // of the watch that was given up last; nil: none was
	told      chan struct{} // closed when the stop signal has been sent; any goroutine may wait
}

func (s *Supervisor) newChild(gen GenID) *child {
	ctx, cancel := context.WithCancel(context.Background())
	return &child{gen: gen, s: s, ctx: ctx, cancel: cancel, told: make(chan struct{})}
}

func (s *Supervisor) startChild(gen GenID) *child {
	c := s.newChild(gen)
	s.wg.Go(c.run)
	return c
}

// process returns the program; nil until it was started.
func (c *child) process() run.Process {
	if l := c.now.Load(); l != nil {
		return l
	}
	return nil
}

// pid returns the process id of the program's main process; 0 until it was started.
func (c *child) pid() int {
	if p := c.process(); p != nil {
		return p.PID()
	}
	return 0
}

// run starts the program and returns when its tree is gone.
func (c *child) run() {
	defer c.cancel()
	l, err := c.launch(nil)
	if err != nil {
		c.s.send(machine.Started{Gen: c.gen, Err: err})
		return
	}
	c.s.send(machine.Started{Gen: c.gen, PID: l.PID()})
	c.attend(l)
	c.see(l)
}

// see reports the program's end, and returns when its tree is gone.
func (c *child) see(l *launched) {
	exit := <-l.Exited()
	l.Streams.Flush() // its last lines come before the news of its end
	c.s.send(machine.Exited{Gen: c.gen, Exit: exit, Left: exit.Left, Said: run.Explain(exit, l.Streams.Last()).Quote})
	<-l.Gone()
	c.cancel()
	c.finish(l)
	c.s.send(machine.Gone{Gen: c.gen})
}

// launched is the program of a child. The child's goroutine owns it.
type launched struct {
	*run.Program
	standby handoff.Standby // or a rehearsal; nil: it is none
	environ Environment
	direct  *handoff.Direct // nil: the whole command runs
	begun   chan struct{}   // closed when it may run its own code; nil: it does not wait
}

// launch starts the program; with an ahead, as a standby or a rehearsal.
func (c *child) launch(a *ahead) (*launched, error) {
	s := c.s
	l := &launched{}
	early := a != nil && !a.cold
	var err error
	if l.environ, err = s.environ(); err != nil {
		if early {
			err = handoff.Never(err.Error()) // there are standbys again when the files can be read
		}
		return nil, err
	}
	// What inspections have found out is about the folder of then.
	known := s.inspectedIn.Load()
	elsewhere := known != nil && *known != l.environ.Folder
	if elsewhere && a != nil {
		return nil, handoff.Unknown(errFolder.Error())
	}
	how := run.Launch{
		Gen: c.gen, Title: fmt.Sprintf("generation %d", c.gen), Argv: s.cfg.Command, Env: s.env(l.environ, fmt.Sprintf("HOTSWAP_GENERATION=%d", c.gen)),
		Transports: s.cfg.Transports, Kept: early, Hear: func(ev handoff.Event) { s.post(func() { s.transport(ev) }) },
	}
	if a != nil {
		l.begun = make(chan struct{})
		how.Begun, how.Hear = l.begun, func(ev handoff.Event) { s.post(func() { a.hear(ev) }) }
		how.Wait = func(launch *handoff.Launch) (w io.Closer, err error) {
			l.standby, err = s.cfg.Warmer.Prepare(launch, a.rehearses)
			return l.standby, err
		}
		if a.rehearses {
			how.Title, how.Idle = "rehearsal", a.idle
		}
	}
	if !elsewhere {
		how.Shorten = func(launch *handoff.Launch) { l.direct = c.shorten(launch, a) }
	}
	if l.Program, err = s.runner.Start(how); err != nil {
		s.cfg.Registry.GenerationEnded(c.gen)
		return nil, err
	}
	c.now.Store(l)
	return l, nil
}

// shorten has the program start by itself, if that is possible, and says so.
func (c *child) shorten(launch *handoff.Launch, a *ahead) *handoff.Direct {
	s := c.s
	if s.cfg.Shortcut == nil {
		return nil
	}
	d, err := s.cfg.Shortcut.Shorten(launch)
	if a == nil || !a.rehearses {
		s.notice(report.NoticeDirect{Gen: c.gen, Name: d.Name, Left: d.Left, Err: err})
	}
	if err != nil {
		return nil
	}
	return &d
}

// attend runs the sessions until nothing of the program is left.
func (c *child) attend(l *launched) {
	if p, ok := l.Process.(interface{ Members() ([]int, error) }); ok {
		c.s.cfg.Registry.SetProcesses(c.gen, p.Members)
	}
	l.Attend(c.ctx)
}

// finish releases what belongs to a program of which nothing is left. No event about the program comes
// after that.
func (c *child) finish(l *launched) {
	l.Finish()
	c.s.cfg.Registry.GenerationEnded(c.gen)
	l.Close()
}

// signal sends the stop signal, or SIGKILL to the whole tree. It does nothing while the
// process does not run yet: the machine asks again when it does.
func (c *child) signal(kill bool) {
	if a := c.ahead; a != nil && !a.begun.Load() {
		a.end(kill)
		return
	}
	l := c.now.Load()
	if l == nil {
		return
	}
	if kill {
		c.killed = true
		_ = l.Kill()
		return
	}
	if c.s.cfg.StopSignal == syscall.SIGTERM && proc.HasShell(l.Tree()) {
		l.Streams.Ending()
	}
	_ = l.Signal(c.s.cfg.StopSignal) // an error means that it is gone
	closeOnce(c.told)
}

// closeOnce closes a channel that may be closed. Only one goroutine may close it.
func closeOnce(c chan struct{}) {
	if !closed(c) {
		close(c)
	}
}

// closed reports whether a channel is closed on which nothing is sent.
func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
