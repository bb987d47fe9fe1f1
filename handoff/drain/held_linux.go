package drain

import (
	"context"
	"slices"
	"time"
)

// maxHeld is the number of connections whose input may be held at once, half of it for those that no client
// has used yet. They are looked at every 2 ms, or when there are many, every 6 or so: so long may a request wait.
const maxHeld = 256

// listen finds out what the client of a connection speaks.
func (d *Drain) listen(c *conn, h control) {
	l := &c.state
	if l.last.Unread > 0 {
		b := h.peek(d.input[:])
		l.learn(b, len(b) < len(d.input))
		d.release(c, h)
		return
	}
	if l.held {
		d.held[c.cookie] = c // also after an earlier Run that could not reach it
	}
	room := len(d.held) < maxHeld/2 || l.used && l.last.ReceivedAge < unsureFor && len(d.held) < maxHeld
	switch wanted := l.curious() && !d.selfReported(c); {
	case l.held && !wanted:
		d.release(c, h)
	case !l.held && wanted && room:
		if l.held = h.hold(); l.held {
			d.held[c.cookie] = c
		} else {
			l.deaf = true
		}
	}
}

// selfReported reports whether a process that has the connection reports it from now on. Then only that process
// acts on it.
func (d *Drain) selfReported(c *conn) bool {
	return d.cfg.SelfReported != nil && slices.ContainsFunc(c.holders, func(h holder) bool { return d.cfg.SelfReported(h.pid, c.local.Port()) })
}

// release has input wake the program again.
func (d *Drain) release(c *conn, h control) {
	if c.state.held {
		c.state.held = !h.release()
	}
	if !c.state.held {
		delete(d.held, c.cookie)
	}
}

// wait waits until the next look at all connections. Meanwhile it looks at those whose input is held.
func (d *Drain) wait(ctx context.Context, e observer, pause, tick time.Duration) error {
	every := lookEvery
	for end := d.now() + pause; ; {
		left := end - d.now()
		if len(d.held) > 0 {
			left = min(left, every)
		}
		timer := time.NewTimer(max(0, left))
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
		if d.now() >= end {
			return nil
		}
		began := d.now()
		d.lookAtHeld(e, tick)
		every = max(lookEvery, costShare*(d.now()-began))
	}
}

// lookAtHeld lets input pass to the program that has come on connections on which it was held.
func (d *Drain) lookAtHeld(e observer, tick time.Duration) {
	e.lookAgain(d.held, func(c *conn, s sample, h control) {
		if h == nil || s.Unread == 0 {
			return
		}
		s.At = d.now()
		ended := c.state.ended
		c.state.observe(s, tick)
		d.report.Finished += c.state.ended - ended
		d.listen(c, h)
	})
}
