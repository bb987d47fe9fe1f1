package supervisor

import (
	"fmt"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/machine/standby"
)

// rehearsalNumbers is above the numbers of all generations: transports tell programs apart by
// their number, and a rehearsal is none of the generations.
const rehearsalNumbers GenID = 1 << 30

// rehearse begins a rehearsal beside the generation that serves.
func (s *Supervisor) rehearse(model GenID) {
	s.rehearsals++
	c := s.newAhead(rehearsalNumbers + s.rehearsals)
	c.ahead.model, c.ahead.rehearses = s.children[model], true
	s.rehearsal = c
	s.wg.Go(c.runRehearsal)
}

// runRehearsal starts the program, waits until its packages have been loaded, and ends it.
func (c *child) runRehearsal() {
	defer c.cancel()
	l, err := c.launchAhead()
	if l != nil {
		err = c.attendRehearsal(l)
		l.End(0, 0, nil, nil) // nothing of the program has run that could mind
		l.finish()
		err = c.explainEnd(l, err)
	}
	ev := standby.Rehearsed{Why: whyOf(err), Err: err}
	switch {
	case ev.Why == standby.Asked:
		ev.Err = nil
	case ev.Why == standby.Failed && l != nil:
		ev.Learn = l.rehearsal.Learn(err)
	}
	c.s.post(func() {
		c.s.rehearsal = nil
		c.s.step(ev)
	})
}

// attendRehearsal returns nil when everything has been loaded, or why it never will be.
func (c *child) attendRehearsal(l *launched) error {
	a := c.ahead
	over := make(chan error, 1)
	c.s.wg.Go(func() { over <- l.rehearsal.Ready(a.ctx) })
	defer func() { a.cancel(); <-over }()
	timer := time.NewTimer(c.s.cfg.Policy.ReadyTimeout)
	defer timer.Stop()
	select {
	case err := <-over:
		over <- nil
		if err != nil && a.ctx.Err() != nil {
			return errStopped // stop ends the context first
		}
		return err
	case <-timer.C:
		return tooSlow(c.s.cfg.Policy.ReadyTimeout)
	case <-a.stopped:
		return errStopped
	case exit := <-l.Exited():
		return endedEarly{exit}
	case err := <-a.strayed:
		return err
	}
}

// tooSlow is how long a rehearsal was waited for in vain.
type tooSlow time.Duration

func (d tooSlow) Error() string {
	return fmt.Sprintf("its packages are not loaded after %v", time.Duration(d))
}

// Timeout reports that time alone has ended the rehearsal.
func (tooSlow) Timeout() bool { return true }
