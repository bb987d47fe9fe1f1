package supervisor

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/machine"
	"github.com/hotswap-dev/hotswap/supervisor/machine/standby"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// run starts the program, lets its own code begin when it may, and returns when nothing of the program is left.
func (c *child) run() {
	l, err := c.launch()
	if err == nil && c.part != partGeneration {
		c.s.refresh() // the status tells its process id, which is written down for a hotswap that is killed
		err = c.await(l)
	}
	if err != nil || c.part == partRehearsal {
		c.abandon(l, err)
		return
	}
	c.s.post(func() {
		c.s.step(machine.Started{Gen: c.gen, PID: l.PID(), Standby: c.part == partStandby})
		for _, ev := range c.events {
			c.s.transport(ev)
		}
		c.open, c.events = true, nil
	})
	exit := <-l.Exited()
	l.Streams.Flush() // its last lines come before the news of its end
	c.s.send(machine.Exited{Gen: c.gen, Exit: exit, Left: exit.Left, Said: l.PostMortem(exit).Quote})
	<-l.Gone()
	c.cancel()
	c.finish(l)
	c.s.send(machine.Gone{Gen: c.gen})
}

// finish releases what belongs to a program of which nothing is left. No event about the program comes after that.
func (c *child) finish(l *launched) {
	l.Finish()
	c.s.cfg.Registry.GenerationEnded(c.gen)
}

// await returns nil when the program's own code has begun, or when a rehearsal has loaded everything; or why the
// program is useless. When await returns, nothing waits for the program any more.
func (c *child) await(l *launched) error {
	limit := c.s.cfg.Policy.ReadyTimeout
	arrived := make(chan error, 1)
	ctx, cancel := context.WithCancel(c.unbegun)
	var arrival sync.WaitGroup
	end := func() { cancel(); arrival.Wait() }
	defer end()
	arrival.Go(func() { arrived <- l.Standby.Ready(ctx) })
	adopted, waits := c.adopted, false
	var late <-chan time.Time
	if c.part == partRehearsal {
		late = time.After(limit)
	}
	for {
		select {
		case <-c.resumed:
			end()
			return c.goOn(l)
		case <-adopted:
			adopted = nil
			if waits {
				continue // it may run at once
			}
			late = time.After(limit / 2)
		case <-late:
			if c.part == partRehearsal {
				return tooSlow(limit)
			}
			return errLate
		case <-c.unbegun.Done():
			return context.Cause(c.unbegun)
		case exit := <-l.Exited():
			return endedEarly{exit}
		case err := <-arrived:
			if err != nil || c.part == partRehearsal {
				return err
			}
			waits, late = true, nil
			ahead, left := l.Standby.Loaded()
			c.s.send(standby.Waits{Gen: c.gen, Loaded: report.Loaded{Memory: c.s.memory.Used(l.Tree()),
				Ahead: ahead, Left: left, By: l.Standby.GivenBy()}})
		}
	}
}

func (c *child) goOn(l *launched) error {
	select {
	case exit := <-l.Exited():
		return endedEarly{exit}
	default:
	}
	if err := l.valid(c.s); err != nil {
		return err
	}
	if err := context.Cause(c.unbegun); err != nil { // it has done meanwhile what a standby must not, or is to end
		return err
	}
	close(c.begun)
	if err := l.Standby.Resume(); err != nil {
		return err
	}
	l.Streams.Go()
	return nil
}

// abandon ends a program whose own code does not begin, if the program was started, and reports why when nothing of it
// is left.
func (c *child) abandon(l *launched, err error) {
	if l != nil {
		sig := c.s.cfg.StopSignal
		if c.part == partRehearsal { // of whose program nothing has run that could mind
			sig = 0
		}
		l.End(sig, machine.Hurry, c.urgent, c.adopted) // at once if a generation waits for that
		c.finish(l)
	}
	err = c.reason(l, err)
	var ev machine.Event
	switch c.part {
	case partGeneration:
		ev = machine.Started{Gen: c.gen, Err: err}
	case partRehearsal:
		rehearsed := standby.Rehearsed{Why: whyOf(err), Err: err}
		if rehearsed.Why == standby.Failed && l != nil {
			rehearsed.Learn = l.Standby.Learn(err) // which reads many files: not in the loop
		}
		ev = rehearsed
	default:
		ev = standby.Ended{Gen: c.gen, Why: whyOf(err), Err: err}
		if whyOf(err) == standby.Failed {
			c.s.wholeNext()
		}
	}
	c.s.post(func() {
		if !wait.Closed(c.adopted) {
			c.cancel()
			delete(c.s.children, c.gen)
		}
		c.s.step(ev)
	})
}

// These errors say why a program that was to wait is useless, besides those of handoff.Standby.
var (
	errStopped  = errors.New("told to end")
	errListened = errors.New("it listened before its time")
	errLate     = errors.New("it has not come to where it waits")
	errTooMany  = errors.New("it told too much before its time")
)

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

// reason adds to err what is known of the end of a program that was to wait.
func (c *child) reason(l *launched, err error) error {
	if err != nil && c.unbegun.Err() != nil {
		return context.Cause(c.unbegun) // whatever came of that first
	}
	e, ok := err.(endedEarly)
	if !ok {
		return err
	}
	post := l.PostMortem(e.Exit)
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
