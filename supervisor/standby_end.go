package supervisor

import (
	"errors"
	"fmt"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/machine"
	"github.com/hotswap-dev/hotswap/supervisor/machine/standby"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// endStandby ends a standby that is of no use, at once if a generation waits for that.
func (c *child) endStandby(l *launched) {
	a := c.ahead
	_ = l.p.Signal(c.s.cfg.StopSignal) // an error means that it is gone
	waitGone(l.p, c.s.cfg.Policy.AbandonGrace, a.urgent, a.adopted)
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
		again := time.NewTimer(machine.KillAgain)
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
type endedEarly struct{ report.Exit }

func (e endedEarly) Error() string { return "it ended before its time" }

// explainEnd adds to err what is known of the end of a program that was to wait.
func (c *child) explainEnd(l *launched, err error) error {
	e, ok := err.(endedEarly)
	if !ok {
		return err
	}
	last := l.streams.Last()
	text := reason(e.Exit, !c.killed.Load() && c.s.memory.killedSince(l.kills), last)
	if said := quote(e.Exit, last); said != "" {
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
	starts := false
	c.s.call(func() { starts = c.startsPlainly(err) })
	return starts
}

// startsPlainly tells the machine that the generation starts anew, so that its own code may run
// from now on, or that it has ended because it is to end. It runs on the loop.
func (c *child) startsPlainly(err error) bool {
	a := c.ahead
	if a.doomed {
		closeOnce(c.up)
		c.s.step(machine.Started{Gen: c.gen, Err: err})
		return false
	}
	if !errors.Is(err, errStopped) && (!a.cold || !errors.Is(err, ErrUnknown)) {
		c.s.notify(report.NoticeStandbyUnused{Gen: c.gen, Err: err})
	}
	a.free = true
	c.s.step(standby.Cold{Gen: c.gen})
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
	ev := standby.Ended{Gen: c.gen, Err: err, Why: whyOf(err)}
	if ev.Why == standby.Asked {
		ev.Err = nil
	}
	s.step(ev)
}

// whyOf returns why a program that was to wait has ended, or why there can be none.
func whyOf(err error) standby.Why {
	switch {
	case errors.Is(err, errStopped):
		return standby.Asked
	case errors.Is(err, ErrUnknown):
		return standby.Unknown
	case errors.As(err, new(refusal)), errors.Is(err, ErrNever):
		return standby.Refused
	}
	return standby.Failed
}
