package supervisor

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// standbyChild is what a child has that is started ahead. The child waits until the loop
// adopts it, and is a generation from then on; or until the loop drops it. The loop alone
// decides which of the two, so that their news cannot cross: the goroutine of a child that is
// of no use says so, and waits for the loop's decision.
type standbyChild struct {
	s     *Supervisor
	model *child // the generation that serves; nil: the standby is made as the last one was

	ctx    context.Context // until the standby is adopted or told to end
	cancel context.CancelFunc

	// The loop closes these channels.
	adopted   chan struct{}
	dropped   chan struct{} // nothing of it is left, and no generation waits for it
	stopped   chan struct{} // it is to end
	urgent    chan struct{} // it is to end at once
	inspected chan struct{} // a generation has been inspected: the standby may be outdated; room for one

	strayed chan error // it did what a standby must not; room for one

	mu     sync.Mutex    // guards what follows
	open   bool          // events are passed on
	events standbyEvents // from before
}

// Why a standby is of no use, besides what a Standby says.
var (
	errStopped  = errors.New("told to end")
	errListened = errors.New("it listened before its time")
	errDebugger = errors.New("a debugger would find it, as nothing serves")
	errNotBegun = errors.New("started cold")
)

// outdated is why a standby gives way to another one.
type outdated struct{ error }

// refusal is why there can be no standby.
type refusal struct{ error }

// startStandby begins a standby.
func (s *Supervisor) startStandby(fx fxStartStandby) {
	a := &standbyChild{
		s: s, model: s.children[fx.model], adopted: make(chan struct{}), dropped: make(chan struct{}),
		stopped: make(chan struct{}), urgent: make(chan struct{}), inspected: make(chan struct{}, 1), strayed: make(chan error, 1),
	}
	a.ctx, a.cancel = context.WithCancel(context.Background())
	s.standby = s.newChild(fx.gen)
	s.standby.ahead = a
	s.wg.Go(s.standby.runAhead)
}

// adopt makes the standby the child of a generation that begins.
func (s *Supervisor) adopt() *child {
	c := s.standby
	s.standby = nil
	close(c.ahead.adopted)
	c.ahead.cancel()
	return c
}

// stopStandby tells the standby to end.
func (s *Supervisor) stopStandby(now bool) {
	a := s.standby.ahead
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
	if a.open {
		a.s.transport(ev)
		return
	}
	if l, ok := ev.(handoff.Listening); ok {
		switch {
		case !l.Debugger:
			a.stray(errListened)
		case a.model == nil:
			a.stray(refusal{errDebugger})
		}
	}
	if err := a.events.add(ev); err != nil {
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

// runAhead is run for a child that is started ahead. If the standby is of no use when it is
// adopted, the generation starts cold.
func (c *child) runAhead() {
	defer c.cancel()
	l, err := c.launchAhead()
	if err == nil {
		err = c.await(l)
	}
	if err == nil {
		err = l.resume()
	}
	if err == nil {
		close(c.up)
		c.s.send(evStarted{gen: c.gen, pid: l.p.PID(), standby: true})
		c.ahead.release()
		c.see(l, <-l.p.Exited())
		return
	}
	if l != nil {
		c.endStandby(l)
		err = c.explainEnd(l, err)
	}
	if !c.concede(err) {
		return
	}
	c.proc.Store(nil)
	c.out.Store(nil)
	c.killed.Store(false)
	c.run()
}

// launchAhead starts a standby if there is room for it.
func (c *child) launchAhead() (*launched, error) {
	a := c.ahead
	var tree []int
	if a.model != nil {
		tree = (*a.model.proc.Load()).Tree()
	}
	if err := c.s.memory.room(tree); err != nil {
		return nil, refusal{err}
	}
	if a.ctx.Err() != nil {
		return nil, a.why()
	}
	l, err := c.launch(a)
	if err != nil {
		return nil, err
	}
	l.attend(c.ctx)
	c.s.sync() // the status tells its process id
	return l, nil
}

// why says why the standby was not started: it was adopted before, or told to end.
func (a *standbyChild) why() error {
	select {
	case <-a.adopted:
		return errNotBegun
	default:
		return errStopped
	}
}

// await returns nil when the standby has been adopted, or why it is of no use.
func (c *child) await(l *launched) error {
	a := c.ahead
	type arrival struct {
		memory uint64
		err    error
	}
	arrived := make(chan arrival, 1)
	c.s.wg.Go(func() {
		err := l.standby.Ready(a.ctx)
		memory := uint64(0)
		if err == nil {
			memory, err = c.s.memory.enough(l.p.Tree())
		}
		arrived <- arrival{memory, err}
	})
	inspected, compared := a.inspected, make(chan error, 1)
	for {
		select {
		case <-a.adopted:
			select {
			case exit := <-l.p.Exited():
				return endedEarly{exit}
			case err := <-a.strayed:
				return err
			default:
			}
			return nil
		case <-inspected:
			inspected = nil
			c.s.wg.Go(func() { compared <- l.standby.Outdated() })
		case err := <-compared:
			inspected = a.inspected
			if err != nil {
				return outdated{err}
			}
		case <-a.stopped:
			return errStopped
		case exit := <-l.p.Exited():
			return endedEarly{exit}
		case err := <-a.strayed:
			return err
		case now := <-arrived:
			if now.err == nil {
				c.s.postUntil(a.ctx, func() { c.s.step(evStandbyReady{gen: c.gen, memory: now.memory}) })
			} else if a.ctx.Err() == nil {
				return now.err
			}
		}
	}
}

// resume lets the program go on that has waited, at its normal priority.
func (l *launched) resume() error {
	if err := l.p.Release(); err != nil {
		return err
	}
	if err := l.standby.Validate(); err != nil {
		return err
	}
	if err := l.standby.Resume(); err != nil {
		return err
	}
	close(l.begun)
	l.streams.Go()
	l.kills = l.s.memory.kills()
	return nil
}

// endStandby ends a standby that is of no use, at once if a generation waits for that.
func (c *child) endStandby(l *launched) {
	a := c.ahead
	_ = l.p.Signal(c.s.cfg.StopSignal) // an error means that it is gone
	waitGone(l.p, c.s.m.policy.AbandonGrace, a.urgent, a.adopted)
	killAll(l.p)
	l.finish()
}

// waitGone waits until nothing of a program is left, but not longer than that, nor when one of
// the channels is closed.
func waitGone(p Process, grace time.Duration, urgent, wanted <-chan struct{}) {
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.Gone():
	case <-timer.C:
	case <-urgent:
	case <-wanted:
	}
}

// killAll kills what is left of a program's tree, until nothing is.
func killAll(p Process) {
	for alive(p) {
		_ = p.Kill()
		again := time.NewTimer(killAgain)
		select {
		case <-p.Gone():
		case <-again.C:
		}
		again.Stop()
	}
}

func alive(p Process) bool {
	select {
	case <-p.Gone():
		return false
	default:
		return true
	}
}

// endedEarly is how a program ended that was to wait.
type endedEarly struct{ proc.Exit }

func (e endedEarly) Error() string { return "it ended before its time" }

// explainEnd adds to err what is known of the end of a program that was to wait.
func (c *child) explainEnd(l *launched, err error) error {
	e, ok := err.(endedEarly)
	if !ok {
		return err
	}
	last := l.streams.Last()
	text := reason(e.Exit, !c.killed.Load() && c.s.memory.killedSince(l.kills), last)
	if said := Telling(last); said != "" {
		text += `: "` + said + `"`
	}
	return fmt.Errorf("%w: %s", err, text)
}

// concede says that the standby is of no use and that nothing of it is left. It reports
// whether the generation is to run all the same.
func (c *child) concede(err error) bool {
	a := c.ahead
	select {
	case <-a.adopted:
	default:
		c.s.post(func() { c.standbyEnded(err) })
	}
	select {
	case <-a.dropped:
		return false
	case <-c.s.done:
		return false
	case <-a.adopted:
	}
	if !errors.Is(err, errNotBegun) {
		c.s.tell(NoticeStandbyUnused{Gen: c.gen, Err: err})
	}
	return true
}

// standbyEnded tells the machine that nothing of a standby is left, and why. It runs on the
// loop.
func (c *child) standbyEnded(err error) {
	s := c.s
	if s.standby != c {
		return // it was adopted
	}
	s.standby = nil
	close(c.ahead.dropped)
	ev := evStandbyEnded{gen: c.gen, err: err, why: standbyFailed}
	switch {
	case errors.Is(err, errStopped):
		ev.why, ev.err = standbyAsked, nil
	case errors.As(err, new(outdated)):
		ev.why = standbyOutdated
	case errors.Is(err, ErrUnknown):
		ev.why = standbyUnknown
	case errors.As(err, new(refusal)), errors.Is(err, ErrNever):
		ev.why = standbyRefused
	case errors.Is(err, ErrAgain):
		ev.why = standbyDiscarded
	}
	s.step(ev)
}
