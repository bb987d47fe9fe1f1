package supervisor

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// part is what a child is started as.
type part uint8

const (
	partGeneration part = iota // its own code begins at once
	partParked                 // a generation whose own code begins when it is resumed; the next two begin as none
	partStandby                // which is parked, too, once a generation adopts it
	partRehearsal              // which no generation adopts, and whose own code never begins
)

// rehearsalNumbers is above the numbers of all generations: transports tell programs apart by
// their number, and a rehearsal is none of the generations.
const rehearsalNumbers GenID = 1 << 30

// child is a generation, a standby or a rehearsal, as handles; the machine has its facts. The loop
// calls its methods. Its goroutine is run, which reports by events.
type child struct {
	gen    GenID
	s      *Supervisor
	part   part            // changes only while nothing runs
	model  run.Process     // of a standby or a rehearsal: the generation that serves; nil: nothing does
	ctx    context.Context // until the tree is gone
	cancel context.CancelFunc
	now    atomic.Pointer[launched] // nil until started

	unbegun context.Context         // until a program whose own code has not begun is to end; its cause says why
	stop    context.CancelCauseFunc // ends unbegun

	// The loop closes these channels; any goroutine may wait.
	adopted   chan struct{} // it is a generation
	resumed   chan struct{} // its own code may run
	urgent    chan struct{} // it is to end at once, if its own code has not begun
	signalled chan struct{} // the stop signal has been sent
	begun     chan struct{} // its own code may have begun. run closes this one, or the loop while nothing runs

	watching sync.Mutex // held while a watch observes connections. Any goroutine may use it

	// Only the loop uses what follows.
	open   bool            // events are passed on
	events []handoff.Event // from before, in order
	killed bool            // by hotswap
	watch  *watch          // nil until another generation relieves this one
}

// startChild starts a program. Until the machine says that its own code may run, it waits, unless it is a plain
// generation.
func (s *Supervisor) startChild(gen GenID, as part, model *child) {
	c := &child{gen: gen, s: s, part: as, model: model.process(), open: as == partParked}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.unbegun, c.stop = context.WithCancelCause(c.ctx)
	for _, ch := range []*chan struct{}{&c.adopted, &c.resumed, &c.urgent, &c.signalled, &c.begun} {
		*ch = make(chan struct{})
	}
	s.children[gen] = c
	if as == partGeneration || as == partParked {
		close(c.adopted)
	}
	if as == partGeneration {
		close(c.begun)
	}
	s.wg.Go(c.run)
}

// startCold starts the generation in the usual way, when nothing is left of the program that was to wait.
func (c *child) startCold() {
	c.part, c.open, c.events = partGeneration, false, nil
	c.unbegun, c.stop = context.WithCancelCause(c.ctx)
	c.now.Store(nil)
	closeOnce(c.begun)
	c.s.wg.Go(c.run)
}

// process returns the program's processes alone, which may outlive the child; nil until it was started, or if there is
// no such child.
func (c *child) process() run.Process {
	if c != nil {
		if l := c.now.Load(); l != nil {
			return l.Process
		}
	}
	return nil
}

// pid returns the process id of the program's main process; 0 until it was started, or if there is no such child.
func (c *child) pid() int {
	if p := c.process(); p != nil {
		return p.PID()
	}
	return 0
}

// signal sends the stop signal, or SIGKILL to the whole tree. It does nothing while the
// process does not run yet: the machine asks again when it does.
func (c *child) signal(kill bool) {
	l := c.now.Load()
	switch {
	case !wait.Closed(c.begun):
		c.end(kill)
	case l == nil:
	case kill:
		c.killed = true
		_ = l.Kill()
	default:
		_ = l.Signal(c.s.cfg.StopSignal) // an error means that its keeper is frozen: SIGKILL comes at the deadline
		closeOnce(c.signalled)
	}
}

// end ends a program whose own code has not begun; with now, at once.
func (c *child) end(now bool) {
	c.stop(errStopped)
	if now {
		closeOnce(c.urgent)
	}
}

// maxBuffered is how many events of a standby are buffered. A standby does not run the
// program's own code, and causes a handful.
const maxBuffered = 256

// hear handles an event of a transport, or buffers the event until the generation begins. A program that waits must not
// listen, except on its debugger's port while a generation serves, because debuggers then reach that generation.
func (c *child) hear(ev handoff.Event) {
	if l, ok := ev.(handoff.Listening); ok && !wait.Closed(c.begun) {
		switch {
		case !l.Debugger:
			c.stop(errListened)
			return
		case c.model == nil && c.part != partParked:
			c.stop(errDebugger)
		}
	}
	switch {
	case c.open:
		c.s.transport(ev)
	case len(c.events) >= maxBuffered && !wait.Closed(c.begun):
		c.stop(errTooMany)
	default:
		c.events = append(c.events, ev)
	}
}

// closeOnce closes a channel that may be closed. Only one goroutine may close it.
func closeOnce(c chan struct{}) {
	if !wait.Closed(c) {
		close(c)
	}
}
