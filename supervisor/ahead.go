package supervisor

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/machine/standby"
)

// rehearsalNumbers is above the numbers of all generations: transports tell programs apart by
// their number, and a rehearsal is none of the generations.
const rehearsalNumbers GenID = 1 << 30

// ahead holds what only a standby or a rehearsal needs. A standby waits until the loop adopts it, and is a generation
// from then on.
type ahead struct {
	s         *Supervisor
	model     *child // the generation that serves; nil: nothing does
	cold      bool   // a generation adopted it from the start: it is a cold start
	rehearses bool   // it is a rehearsal, which no generation adopts
	idle      bool   // it gets what no other program wants of the machine

	ctx  context.Context         // until it is to end; its cause says why
	stop context.CancelCauseFunc // ends a program whose own code has not begun

	// The loop closes these channels.
	adopted chan struct{}
	resumed chan struct{} // its own code may run
	urgent  chan struct{} // it is to end at once

	begun atomic.Bool // its own code may run

	// Only the loop uses what follows.
	open   bool            // events are passed on
	events []handoff.Event // from before, in order
}

// These errors say why a standby is useless, besides those of handoff.Standby.
var (
	errStopped  = errors.New("told to end")
	errListened = errors.New("it listened before its time")
	errLate     = errors.New("it has not come to where it waits")
	errTooMany  = errors.New("it told too much before its time")
	errStarved  = errors.New("other programs have the processors")
)

// maxBuffered is how many events of a standby are buffered. A standby does not run the
// program's own code, and causes a handful.
const maxBuffered = 256

const errDebugger = handoff.Never("a debugger would find it, as nothing serves")

// whyOf returns why a program that was to wait has ended, or why there can be none.
func whyOf(err error) standby.Why {
	switch {
	case errors.Is(err, errStopped):
		return standby.Asked
	case errors.As(err, new(handoff.Unknown)):
		return standby.Unknown
	case errors.As(err, new(handoff.Never)):
		return standby.Refused
	}
	return standby.Failed
}

// startAhead starts a standby or a rehearsal, or a generation cold, but so that hotswap knows when its
// own code begins.
func (s *Supervisor) startAhead(gen GenID, a *ahead) *child {
	c := s.newChild(gen)
	c.ahead, a.s = a, s
	a.adopted, a.resumed, a.urgent = make(chan struct{}), make(chan struct{}), make(chan struct{})
	a.ctx, a.stop = context.WithCancelCause(c.ctx)
	if a.cold {
		a.open = true
		close(a.adopted)
	}
	s.wg.Go(c.runAhead)
	return c
}

// adopt makes the standby the child of the generation that begins.
func (s *Supervisor) adopt() *child {
	c := s.standby
	s.standby = nil
	close(c.ahead.adopted)
	return c
}

// end ends a program whose own code has not begun; with now, at once.
func (a *ahead) end(now bool) {
	a.stop(errStopped)
	if now {
		closeOnce(a.urgent)
	}
}

// startCold starts the generation in the usual way, when nothing is left of the program that was to wait.
func (c *child) startCold() {
	c.ahead = nil
	c.now.Store(nil)
	c.s.wg.Go(c.run)
}

// rehearsed returns what has come of a rehearsal, when nothing of the rehearsal runs any more. Where other
// programs have all processors, an idle one would never come to its end, and no save be fast. So the next one competes
// with them; it begins only when it is calm, so that no save boots just then.
func rehearsed(l *launched, err error) standby.Rehearsed {
	ev := standby.Rehearsed{Why: whyOf(err), Err: err, Starved: errors.Is(err, errStarved)}
	if ev.Why == standby.Failed && l != nil {
		ev.Learn = ev.Starved || l.standby.Learn(err)
	}
	return ev
}

// hear buffers an event of a transport until the standby is adopted. A standby must not listen, except on its
// debugger's port while a generation serves, because debuggers then reach that generation. The loop calls hear.
func (a *ahead) hear(ev handoff.Event) {
	if l, ok := ev.(handoff.Listening); ok && !a.begun.Load() {
		switch {
		case !l.Debugger:
			a.stop(errListened)
			return
		case a.model == nil && !a.cold:
			a.stop(errDebugger)
		}
	}
	switch {
	case a.open:
		a.s.transport(ev)
	case len(a.events) == maxBuffered:
		a.stop(errTooMany)
	default:
		a.events = append(a.events, ev)
	}
}

// release passes on the events that were kept, and all that come. The loop calls release.
func (a *ahead) release() {
	for _, ev := range a.events {
		a.s.transport(ev)
	}
	a.open, a.events = true, nil
}
