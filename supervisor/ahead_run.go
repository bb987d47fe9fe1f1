package supervisor

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/machine"
	"github.com/hotswap-dev/hotswap/supervisor/machine/standby"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// runAhead is run for a program that waits before its own code: a standby, a rehearsal, a generation that starts cold in the
// same way.
func (c *child) runAhead() {
	a := c.ahead
	l, err := c.launchAhead()
	if err == nil {
		err = c.await(l)
	}
	if err == nil && !a.rehearses {
		err = c.goOn(l)
	}
	if err == nil && !a.rehearses {
		c.s.post(func() {
			c.s.step(machine.Started{Gen: c.gen, PID: l.PID(), Standby: !a.cold})
			a.release()
		})
		c.see(l)
		return
	}
	if l != nil {
		if a.rehearses {
			l.endIdle()
		} else {
			l.End(c.s.cfg.StopSignal, machine.Hurry, a.urgent, a.adopted) // at once if a generation waits for that
		}
		c.finish(l)
	}
	err = c.reason(l, err)
	if a.rehearses {
		ev := rehearsed(l, err) // which reads many files: not in the loop
		c.s.post(func() {
			c.cancel()
			c.s.rehearsal = nil
			c.s.step(ev)
		})
		return
	}
	c.s.post(func() { c.useless(err) })
}

// useless reports that nothing is left of a program that was to wait.
func (c *child) useless(err error) {
	ev := standby.Ended{Gen: c.gen, Why: whyOf(err), Err: err}
	if ev.Why == standby.Failed {
		c.s.wholeNext()
	}
	if c.s.standby == c {
		c.cancel()
		c.s.standby = nil
	}
	c.s.step(ev)
}

// endIdle kills a rehearsal, of whose program nothing has run that could mind. Also to end it needs a processor, and
// gets one late on a busy machine. Nothing waits for that long: the keeper sees to it.
func (l *launched) endIdle() {
	_ = l.Kill() // an error means that it is gone
	late := time.NewTimer(machine.Hurry)
	defer late.Stop()
	select {
	case <-l.Gone():
	case <-late.C:
	}
}

// launchAhead starts a standby, or a rehearsal, if there is room for it.
func (c *child) launchAhead() (*launched, error) {
	a := c.ahead
	if !closed(a.adopted) {
		var tree []int
		if a.model != nil {
			tree = a.model.process().Tree()
		}
		if err := c.s.memory.Room(tree); err != nil {
			return nil, handoff.Never(err.Error())
		}
	}
	if a.ctx.Err() != nil {
		return nil, context.Cause(a.ctx)
	}
	l, err := c.launch(a)
	if err != nil {
		return nil, err
	}
	c.attend(l)
	c.s.refresh() // the status tells its process id, which is written down for a hotswap that is killed
	return l, nil
}

// await returns nil when a standby may run its own code, or when a rehearsal has loaded everything; or why the program
// is useless. When await returns, nothing waits for the program any more.
func (c *child) await(l *launched) error {
	a, limit := c.ahead, c.s.cfg.Policy.ReadyTimeout
	arrived := make(chan error, 1)
	ctx, cancel := context.WithCancel(a.ctx)
	var arrival sync.WaitGroup
	defer arrival.Wait()
	defer cancel()
	arrival.Go(func() { arrived <- l.standby.Ready(ctx) })
	adopted, waits := a.adopted, false
	var late <-chan time.Time
	var look <-chan time.Time
	began := time.Now()
	if a.rehearses {
		late = time.After(limit)
	}
	if a.idle {
		look = time.After(wait.Seldom)
	}
	for {
		select {
		case <-a.resumed:
			select {
			case exit := <-l.Exited():
				return endedEarly{exit}
			default:
			}
			return context.Cause(a.ctx)
		case <-adopted:
			adopted = nil
			if waits {
				continue // it may run at once
			}
			if err := l.Release(); err != nil {
				return err
			}
			late = time.After(limit / 2)
		case <-late:
			if a.rehearses {
				return tooSlow(limit)
			}
			return errLate
		case <-look:
			if c.s.starved(l.Tree()) > time.Since(began)/2 {
				return errStarved
			}
			look = time.After(wait.Seldom)
		case <-a.ctx.Done():
			return context.Cause(a.ctx)
		case exit := <-l.Exited():
			return endedEarly{exit}
		case err := <-arrived:
			if err != nil || a.rehearses {
				return err
			}
			waits, late = true, nil
			ahead, left := l.standby.Loaded()
			c.s.send(standby.Waits{Gen: c.gen, Memory: c.s.memory.Used(l.Tree()), Ahead: ahead, Left: left})
		}
	}
}

// valid returns why the program must not go on as it is; nil: it may.
func (c *child) valid(l *launched) error {
	if err := c.s.sameEnvironment(l.environ); err != nil {
		return err
	}
	if l.direct != nil {
		if err := l.direct.Valid(); err != nil {
			return err
		}
	}
	return l.standby.Validate()
}

// goOn lets the program go on that has waited.
func (c *child) goOn(l *launched) error {
	if err := l.Release(); err != nil {
		return err
	}
	if err := c.valid(l); err != nil {
		return err
	}
	if err := context.Cause(c.ahead.ctx); err != nil { // it has done meanwhile what a standby must not, or is to end
		return err
	}
	c.ahead.begun.Store(true)
	if err := l.standby.Resume(); err != nil {
		return err
	}
	close(l.begun)
	l.Streams.Go()
	return nil
}

// reason adds to err what is known of the end of a program that was to wait.
func (c *child) reason(l *launched, err error) error {
	if err != nil && c.ahead.ctx.Err() != nil {
		return context.Cause(c.ahead.ctx) // whatever came of that first
	}
	e, ok := err.(endedEarly)
	if !ok {
		return err
	}
	post := run.Explain(e.Exit, l.Streams.Last())
	text := post.Reason
	if post.Quote != "" {
		text += `: "` + post.Quote + `"`
	}
	return fmt.Errorf("%w: %s", err, text)
}

// endedEarly is how a program ended that was to wait.
type endedEarly struct{ report.Exit }

func (e endedEarly) Error() string { return "it ended before its time" }

// tooSlow is how long a rehearsal was waited for in vain.
type tooSlow time.Duration

func (d tooSlow) Error() string {
	return fmt.Sprintf("its packages are not loaded after %v", time.Duration(d))
}

// Timeout reports that time alone has ended the rehearsal.
func (tooSlow) Timeout() bool { return true }
