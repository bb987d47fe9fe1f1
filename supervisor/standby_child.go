package supervisor

import (
	"context"
	"errors"
	"sync"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/machine/standby"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// standbyChild is what a child has that is started ahead. The child waits until the loop
// adopts it, and is a generation from then on; or until the loop drops it. The loop alone
// decides which of the two, and when the child's own code runs, so that their news cannot
// cross: the goroutine of a child that is of no use says so, and waits for the loop's decision.
type standbyChild struct {
	s         *Supervisor
	model     *child // the generation that serves; nil: nothing does
	cold      bool   // a generation adopted it from the start: it is a cold start
	rehearses bool   // it is a rehearsal, which no generation adopts

	ctx    context.Context // until the standby is told to end
	cancel context.CancelFunc

	// The loop closes these channels.
	adopted chan struct{}
	resumed chan struct{} // its own code may run
	dropped chan struct{} // nothing of it is left, and no generation waits for it
	stopped chan struct{} // it is to end
	urgent  chan struct{} // it is to end at once

	look    chan struct{} // its files are to be compared with what is on disk now; room for one
	strayed chan error    // it did what a standby must not; room for one

	// Only the loop uses the next two.
	free   bool // its own code may run: hotswap treats it as any generation
	doomed bool // the generation that has adopted it is to end

	mu     sync.Mutex // guards what follows
	open   bool       // events are passed on
	begun  bool       // its own code may run
	events run.Buffer // from before
}

// Why a standby is of no use, besides what a Standby says.
var (
	errStopped  = errors.New("told to end")
	errListened = errors.New("it listened before its time")
	errDebugger = errors.New("a debugger would find it, as nothing serves")
	errLate     = errors.New("it has not come to where it waits")
)

// refusal is why there can be no standby.
type refusal struct{ error }

// startStandby begins a standby.
func (s *Supervisor) startStandby(fx standby.Start) {
	c := s.newAhead(fx.Gen)
	c.ahead.model = s.children[fx.Model]
	s.standby = c
	s.wg.Go(c.runAhead)
}

func (s *Supervisor) newAhead(gen GenID) *child {
	c := s.newChild(gen)
	c.ahead = &standbyChild{
		s: s, adopted: make(chan struct{}), resumed: make(chan struct{}), dropped: make(chan struct{}),
		stopped: make(chan struct{}), urgent: make(chan struct{}), look: make(chan struct{}, 1), strayed: make(chan error, 1),
	}
	c.ahead.ctx, c.ahead.cancel = context.WithCancel(c.ctx)
	return c
}

// adopt makes the standby the child of the generation that begins.
func (s *Supervisor) adopt() *child {
	c := s.standby
	s.standby = nil
	close(c.ahead.adopted)
	return c
}

// startAhead starts a generation cold, but so that hotswap knows when its own code begins.
func (s *Supervisor) startAhead(gen GenID) *child {
	c := s.newAhead(gen)
	c.ahead.cold, c.ahead.open = true, true
	close(c.ahead.adopted)
	s.wg.Go(c.runAhead)
	return c
}

// resumeChild lets the program's own code run.
func (c *child) resumeChild() {
	c.ahead.free = true
	close(c.ahead.resumed)
}

// revalidate has the files of a child compared with what is on disk now.
func (a *standbyChild) revalidate() {
	select {
	case a.look <- struct{}{}:
	default:
	}
}

func (a *standbyChild) isAdopted() bool {
	select {
	case <-a.adopted:
		return true
	default:
		return false
	}
}

// stop ends a child whose own code has not begun.
func (a *standbyChild) stop(now bool) {
	a.cancel()
	closeOnce(a.stopped)
	if now {
		closeOnce(a.urgent)
	}
}

// closeOnce closes a channel that may be closed. Only one goroutine may close it.
func closeOnce(c chan struct{}) {
	select {
	case <-c:
	default:
		close(c)
	}
}

// hear takes an event of a transport, and keeps it until the standby is adopted. A standby
// must not listen, except on its debugger's port while a generation serves, to which
// debuggers are led then.
func (a *standbyChild) hear(ev handoff.Event) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if l, ok := ev.(handoff.Listening); ok && !a.begun {
		switch {
		case !l.Debugger:
			a.stray(errListened)
			return
		case a.model == nil && !a.cold:
			a.stray(refusal{errDebugger})
		}
	}
	if a.open {
		a.s.transport(ev)
		return
	}
	if err := a.events.Add(ev); err != nil {
		a.stray(err)
	}
}

// stray notes that the standby did what a standby must not. The first reason counts.
func (a *standbyChild) stray(err error) {
	select {
	case a.strayed <- err:
	default:
	}
}

// release passes on the events that were kept, and all that come.
func (a *standbyChild) release() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, ev := range a.events {
		a.s.transport(ev)
	}
	a.open, a.events = true, nil
}
