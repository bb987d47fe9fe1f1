package supervisor

import (
	"context"
	"sync/atomic"
	"syscall"

	"github.com/hotswap-dev/hotswap/supervisor/machine"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// child is a generation, or a standby, as handles; the machine has its facts. The loop calls
// its methods. Its goroutine, run, reports by events.
type child struct {
	gen     GenID
	s       *Supervisor
	ctx     context.Context // until the tree is gone
	cancel  context.CancelFunc
	proc    atomic.Pointer[run.Process] // nil until started
	resized atomic.Bool                 // SIGWINCH was sent, or was to be
	up      chan struct{}               // closed when it was started as a generation, or cannot be
	out     atomic.Pointer[run.Streams] // nil until opened
	recipe  atomic.Pointer[recipe]      // nil until started

	killed  atomic.Bool // by hotswap
	starved atomic.Bool // the kernel killed it for lack of memory, or so it seems

	ahead *standbyChild // of a standby, also of one that was adopted; constant

	// Only the loop uses the next three.
	watch     *watch        // nil unless it drains
	undrained chan struct{} // of the watch that was given up last; nil: none was
	earlier   run.Drain     // the same; nil also if connections cannot be watched
	told      chan struct{} // closed when the stop signal has been sent
	informed  bool          // the program knows that it has drained, so it never serves again. Only the loop uses it
}

func (s *Supervisor) newChild(gen GenID) *child {
	ctx, cancel := context.WithCancel(context.Background())
	return &child{gen: gen, s: s, ctx: ctx, cancel: cancel, up: make(chan struct{}), told: make(chan struct{})}
}

func (s *Supervisor) startChild(gen GenID) *child {
	c := s.newChild(gen)
	s.wg.Go(c.run)
	return c
}

// run starts the program and returns when its tree is gone.
func (c *child) run() {
	defer c.cancel()
	l, err := c.launch(nil)
	close(c.up)
	if err != nil {
		c.s.send(machine.Started{Gen: c.gen, Err: err})
		return
	}
	c.s.send(machine.Started{Gen: c.gen, PID: l.PID()})
	l.attend(c.ctx)
	c.see(l, <-l.Exited())
}

// see reports the program's end, and returns when its tree is gone.
func (c *child) see(l *launched, exit report.Exit) {
	c.starved.Store(exit.Status() == 128+int(syscall.SIGKILL) && !c.killed.Load() && c.s.memory.KilledSince(l.kills))
	l.Streams.Flush() // its last lines come before the news of its end
	c.s.send(machine.Exited{Gen: c.gen, Exit: exit, Left: exit.Left})
	<-l.Gone()
	c.cancel()
	l.finish()
	c.s.send(machine.Gone{Gen: c.gen})
}

// signalDrain sends the signal that says that the program gets no new connections.
func (c *child) signalDrain() {
	if p := c.proc.Load(); p != nil {
		_ = (*p).SignalServers(c.s.cfg.DrainSignal) // an error means that it is gone
	}
}

// signal sends the stop signal, or SIGKILL to the whole tree. It does nothing while the
// process does not run yet: the machine asks again when it does.
func (c *child) signal(kill bool) {
	if a := c.ahead; a != nil && !a.free {
		a.doomed = true
		a.stop(kill)
		return
	}
	p := c.proc.Load()
	if p == nil {
		return
	}
	if kill {
		c.killed.Store(true)
		_ = (*p).Kill()
		return
	}
	if out := c.out.Load(); out != nil && c.s.cfg.StopSignal == syscall.SIGTERM && proc.HasShell((*p).Tree()) {
		(*out).Ending()
	}
	_ = (*p).Signal(c.s.cfg.StopSignal) // an error means that it is gone
	if c.watch != nil && c.watch.drain != nil {
		c.watch.drain.Stopping()
	}
	closeOnce(c.told)
}
