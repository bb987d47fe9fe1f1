package supervisor

import (
	"errors"
	"fmt"

	"github.com/hotswap-dev/hotswap/supervisor/machine"
	"github.com/hotswap-dev/hotswap/supervisor/machine/standby"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// endedEarly is how a program ended that was to wait.
type endedEarly struct{ report.Exit }

func (e endedEarly) Error() string { return "it ended before its time" }

// explainEnd adds to err what is known of the end of a program that was to wait.
func (c *child) explainEnd(l *launched, err error) error {
	e, ok := err.(endedEarly)
	if !ok {
		return err
	}
	post := run.Explain(e.Exit, !c.killed.Load() && c.s.memory.KilledSince(l.kills), l.Streams.Last())
	text := post.Reason
	if post.Quote != "" {
		text += `: "` + post.Quote + `"`
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
	if !errors.Is(err, errStopped) && (!a.cold || !errors.Is(err, run.ErrUnknown)) {
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
	case errors.Is(err, run.ErrUnknown):
		return standby.Unknown
	case errors.As(err, new(refusal)), errors.Is(err, run.ErrNever):
		return standby.Refused
	}
	return standby.Failed
}
