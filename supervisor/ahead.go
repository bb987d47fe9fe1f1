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

// ahead is what a child has that is started ahead of its time. It waits until the
// loop takes it, and is a generation from then on; or drops it. Which of the two
// comes is decided by the loop alone, so that no news cross: the goroutine of a
// child that is of no use says so, and hears what becomes of it.
type ahead struct {
	s     *Supervisor
	model *child // that serves; nil: it is made as the last one was

	ctx     context.Context // until it is taken or told to end
	cancel  context.CancelFunc
	taken   chan struct{} // closed by the loop: its time has come
	dropped chan struct{} // closed by the loop: nobody wants it any more
	cooled  chan struct{} // closed by the loop: it is to end
	urgent  chan struct{} // closed by the loop: at once

	announced chan struct{} // closed by the loop: its time is likely to come at once
	spoilt    bool          // written before taken is closed: what it has prepared is not what is there

	strayed chan error // it did what it may not; one at most

	mu   sync.Mutex // guards what follows
	open bool       // what is heard is told
	kept kept       // what was heard before
}

// Why a standby is of no use, beside what a Standby says.
var (
	errCooled   = errors.New("told to end")
	errListen   = errors.New("it listened before its time")
	errDebugger = errors.New("a debugger would find it, as nothing serves")
	errUnfit    = errors.New("started cold")
	errSpoilt   = errors.New("files have changed since it read them")
)

// refusal is why there can be none.
type refusal struct{ error }

// warm begins a standby.
func (s *Supervisor) warm(fx fxWarm) {
	a := &ahead{
		s: s, model: s.children[fx.model], taken: make(chan struct{}), dropped: make(chan struct{}),
		cooled: make(chan struct{}), urgent: make(chan struct{}), strayed: make(chan error, 1), announced: make(chan struct{}),
	}
	a.ctx, a.cancel = context.WithCancel(context.Background())
	s.standby = s.newChild(fx.gen)
	s.standby.ahead = a
	s.wg.Go(s.standby.runAhead)
}

// take makes the standby the child of a generation that begins.
func (s *Supervisor) take(spoilt bool) *child {
	c := s.standby
	s.standby = nil
	c.ahead.spoilt = spoilt
	close(c.ahead.taken)
	c.ahead.cancel()
	return c
}

// cool tells the standby to end.
func (s *Supervisor) cool(now bool) {
	a := s.standby.ahead
	a.cancel()
	closeOnce(a.cooled)
	if now {
		closeOnce(a.urgent)
	}
}

// closeOnce closes a channel that one goroutine closes, perhaps again.
func closeOnce(c chan struct{}) {
	select {
	case <-c:
	default:
		close(c)
	}
}

// hear takes what a transport tells. Before its time it is kept; that it listens
// there is no time for, but for its debugger: nobody is led there as long as
// something serves.
func (a *ahead) hear(ev handoff.Event) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.open {
		a.s.transport(ev)
		return
	}
	if l, ok := ev.(handoff.Listening); ok && !(l.Debugger && a.model != nil) {
		err := errListen
		if l.Debugger {
			err = refusal{errDebugger}
		}
		a.stray(err)
	}
	if err := a.kept.add(ev); err != nil {
		a.stray(err)
	}
}

// stray notes that the standby did what it may not. The first reason is the one.
func (a *ahead) stray(err error) {
	select {
	case a.strayed <- err:
	default:
	}
}

// tell tells what was kept, and all that comes.
func (a *ahead) tell() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, ev := range a.kept {
		a.s.transport(ev)
	}
	a.open, a.kept = true, nil
}

// runAhead is run for a child that is started ahead. Where it is of no use when
// its time has come it runs as others do.
func (c *child) runAhead() {
	defer c.cancel()
	l, err := c.launchAhead()
	if err == nil {
		err = c.await(l)
	}
	if err == nil {
		err = l.release()
	}
	if err == nil {
		close(c.up)
		c.s.send(evStarted{gen: c.gen, pid: l.p.PID(), warm: true})
		c.ahead.tell()
		c.see(l, <-l.p.Exited())
		return
	}
	if l != nil {
		c.end(l)
		err = c.explainEnd(l, err)
	}
	if !c.settle(err) {
		return
	}
	c.proc.Store(nil)
	c.out.Store(nil)
	c.killed.Store(false)
	c.run()
}

// launchAhead finds out how and whether a standby can be made, and starts it.
func (c *child) launchAhead() (*launched, error) {
	a := c.ahead
	var tree []int
	if a.model != nil {
		p := a.model.proc.Load()
		if err := c.s.cfg.Warmer.Inspect(a.ctx, a.model.gen, (*p).PID(), (*p).Tree); err != nil {
			return nil, a.why(refusal{err})
		}
		tree = (*p).Tree()
	}
	if err := c.s.memory.room(tree); err != nil {
		return nil, refusal{err}
	}
	if a.ctx.Err() != nil {
		return nil, a.why(errCooled)
	}
	l, err := c.launch(a)
	if err != nil {
		return nil, err
	}
	l.attend(c.ctx)
	c.s.post(func() {}) // its process id is known
	return l, nil
}

// why is err, unless its cause is that the standby is wanted no more, or is not
// there when it is.
func (a *ahead) why(err error) error {
	select {
	case <-a.cooled:
		return errCooled
	case <-a.taken:
		return errUnfit
	default:
		return err
	}
}

// await returns nil when the child's time has come, or why it is of no use.
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
	announced := a.announced
	for {
		select {
		case <-a.taken:
			select {
			case exit := <-l.p.Exited():
				return endedEarly{exit}
			case err := <-a.strayed:
				return err
			default:
			}
			if a.spoilt {
				return errSpoilt
			}
			return nil
		case <-announced:
			announced = nil
			l.brace(true)
		case <-a.cooled:
			return errCooled
		case exit := <-l.p.Exited():
			return endedEarly{exit}
		case err := <-a.strayed:
			return err
		case now := <-arrived:
			if now.err == nil {
				c.s.postUntil(a.ctx, func() { c.s.step(evWarmed{gen: c.gen, memory: now.memory}) })
			} else if a.ctx.Err() == nil {
				return now.err
			}
		}
	}
}

// brace does what has to come before the program goes on. With announced, that time
// is only likely to come.
func (l *launched) brace(announced bool) {
	err := l.p.Release() // first, for it takes a moment
	if err == nil {
		err = l.standby.Validate()
	}
	if err == nil && announced {
		err = l.standby.Prepare()
	}
	l.braced = &err
}

// release lets the program go on that has waited.
func (l *launched) release() error {
	if l.braced == nil {
		l.brace(false)
	}
	if err := *l.braced; err != nil {
		return err
	}
	if err := l.standby.Resume(); err != nil {
		return err
	}
	close(l.begun)
	l.streams.Go()
	l.kills = l.s.memory.now()
	return nil
}

// end ends a program that is of no use: as others are ended, and as soon as
// somebody waits for that, at once.
func (c *child) end(l *launched) {
	a := c.ahead
	_ = l.p.Signal(c.s.cfg.StopSignal)
	grace := time.NewTimer(c.s.m.policy.AbandonGrace)
	defer grace.Stop()
	select {
	case <-l.p.Gone():
	case <-grace.C:
	case <-a.taken:
	case <-a.urgent:
	}
	killAll(l.p)
	l.finish()
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

// endedEarly is how a program ended before its time.
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

// settle says that the standby is of no use, and nothing of it is left, and tells
// whether its generation is to run all the same.
func (c *child) settle(err error) bool {
	a := c.ahead
	select {
	case <-a.taken:
	default:
		c.s.post(func() { c.aheadEnded(err) })
	}
	select {
	case <-a.dropped:
		return false
	case <-c.s.done:
		return false
	case <-a.taken:
	}
	if !errors.Is(err, errUnfit) {
		c.s.tell(NoticeStandbyUnused{Gen: c.gen, Err: err})
	}
	return true
}

// aheadEnded tells the machine that nothing of a standby is left, for that reason.
func (c *child) aheadEnded(err error) {
	s := c.s
	if s.standby != c {
		return // it was taken
	}
	s.standby = nil
	close(c.ahead.dropped)
	ev := evCooled{gen: c.gen, err: err}
	switch {
	case errors.Is(err, errCooled):
		ev.why, ev.err = coolAsked, nil
	case errors.As(err, new(refusal)), errors.Is(err, ErrNever):
		ev.why = coolRefused
	case errors.Is(err, ErrAgain):
		ev.why = coolThrown
	default:
		ev.why = coolFailed
	}
	s.step(ev)
}
