package drain

import (
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/internal/peer"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// inspect evaluates a sample of the connection, and acts.
func (d *Drain) inspect(c *conn, s sample, h *control, r *Report) {
	l := &c.state
	s.At, c.deaf = d.now(), h == nil
	if h != nil && !l.seen {
		c.near = d.own.Has(c.peer.Addr()) || c.peer.Addr() == c.local.Addr()
		if c.hold, l.held = h.holdable(); l.held { // by this drain or an earlier one, which has lost sight of the connection
			c.moved = d.cfg.Mover != nil && d.cfg.Mover.Has(c.cookie)
			c.hold, l.held = !c.moved, !c.moved
		}
	} else if h != nil && !l.held {
		// Some programs make a socket a blocking one for each request (JDK's HttpServer). A call that begins to wait
		// while its input is held waits for ever.
		c.hold, _ = h.holdable()
	}
	if c.near {
		s.RTT = s.MinRTT
	}
	was := l.busy(d.need(c))
	l.observe(s, d.tick)
	defer func() {
		every := d.every(c)
		c.lookAt = (s.At/every + 1) * every // with others that are due as often
		// What is left to the program, or is another's, keeps nobody from being told to stop.
		if l.usedAt == s.At && !c.moved && !l.other || l.busy(d.need(c)) != was {
			d.noteChange(s.At)
		}
	}()
	if c.moved || h == nil {
		return
	}
	if d.act(c, h, r) {
		d.noteChange(s.At)
		if !c.moved {
			d.drop(c)
		}
		return
	}
	if d.cfg.Mover != nil && l.held && c.who.Harmless && c.spare == 0 && d.spares < spareMost && d.retired.Load() {
		if fd, err := h.duplicate(); err == nil {
			c.spare = fd
			d.spares++
		}
	}
}

// need returns how old an answer must be to count as whole. Clients that ask again within that time move before the
// program gets the stop signal. Where nothing moves, clients that ask all the time would delay that signal for ever;
// then no answer need rest if the process itself tells whether the answer is whole.
func (d *Drain) need(c *conn) time.Duration {
	switch {
	case d.cfg.Mover != nil && d.cfg.CanGetFD:
		return settled
	case c.answers:
		return 0
	}
	return calm
}

// next reports whether a generation serves that answers what has moved, and whether none ever will.
func (d *Drain) next() (serves, never bool) {
	if d.cfg.Next == nil {
		return true, false
	}
	return d.cfg.Next()
}

// act does what is decided, and reports whether the connection is no longer the program's.
func (d *Drain) act(c *conn, h *control, r *Report) bool {
	l, may := &c.state, d.rights(c)
	if d.acts(c) && l.last.At < l.stream && d.cfg.EndStreams != nil && d.cfg.EndStreams() {
		r.Closed++
		return h.end()
	}
	switch l.decide(may) {
	case leaveAlone:
		return false
	case holdInput:
		held, never := h.hold()
		if c.hold = !never; held {
			l.holds()
		}
		return false
	case readInput:
		if over, done := d.readInput(c, h, may, r); done {
			return over
		}
	case endIt:
		if h.finish(l.last, c.local.Addr()) {
			r.Closed++
			return true
		}
		return false
	}
	if l.held {
		h.release()
		l.passes()
	}
	d.closeSpare(c)
	return false
}

// readInput reads what the unread input is, and takes a request that may move. done says that the program does not get
// the input now, over that the connection is no longer the program's.
func (d *Drain) readInput(c *conn, h *control, may rights, r *Report) (over, done bool) {
	l := &c.state
	q, b := d.requestAt(h, l.last.Unread)
	if now, ok := read(h.fd); !ok || now.Read() != l.last.Read() {
		return false, true // the program has read some of the input: what is left may be the rest of a request
	}
	if may == mayMove && !c.closed && q.kind == kindRequest && q.total > len(b) {
		// A program that reads without being awakened must find nothing of a request that is taken. What the client
		// expects before it sends the body must come from the program.
		if q.kind = kindPart; q.expects {
			q.kind = kindStays
		}
	}
	if q.kind == kindRequest && may == mayMove && d.cfg.Mover != nil && !namesPort(b[:q.head], c.local.Port()) {
		q.kind = kindForeign // the program opened a tunnel before the first look, which leads to whom the request names
	}
	if !l.learn(q, may) {
		return false, true
	}
	if q.kind == kindRequest && may == mayMove && l.between() {
		switch d.take(c, h, q, b, r) {
		case waitsOn:
			return false, true
		case isTaken:
			return true, true
		}
	}
	return false, false
}

// taking is what became of a request that may be taken.
type taking uint8

const (
	isLeft  taking = iota // the program gets the request
	waitsOn               // nobody knows yet who gets the request
	isTaken               // the connection is no longer the program's
)

// take gives a request to the generation that serves, if its client is still known to be harmless.
func (d *Drain) take(c *conn, h *control, q request, b []byte, r *Report) taking {
	l := &c.state
	switch serves, never := d.next(); {
	case !serves && l.last.Read() == 0 && c.lostSince == 0: // the client may have waited for the next generation, and got this one
	case d.cfg.Mover == nil || never: // nobody has begun to answer
		r.Closed++
		if h.end() {
			return isTaken
		}
	case !d.sure(c):
		if c.asksAt == 0 {
			c.asksAt = l.last.At
		}
		// The program would answer what gets through during the search, and the result be too old for the next request of a
		// client that pauses for longer. But an old answer is better than none.
		if l.last.At-c.asksAt < min(d.goodFor(), wait.Reply) {
			return waitsOn
		}
	case d.cfg.Mover.Room() > 0 && (d.cfg.Harmless != nil || peer.Inode(c.ends()) == c.who.Inode):
		b = b[:min(len(b), q.total)]
		if fd, ok := h.take(b, q.head); ok {
			c.endless = d.cfg.Mover.Move(c.cookie, fd, slices.Clone(b), int64(q.total-len(b)))
			r.Moved++
			c.moved, l.held = true, false
			return isTaken
		}
	}
	return isLeft
}

// requestAt returns what the unread input is, and its first bytes: all of them if the input may be a whole request.
func (d *Drain) requestAt(h *control, unread int) (request, []byte) {
	most := min(h.limit()/2, takeMost)
	b := h.peek(d.input[:peekMost])
	q := requestIn(b, most)
	if len(b) == peekMost && q.head > 0 && (q.kind == kindPart || q.kind == kindRequest && len(b) < q.total && q.total <= unread) {
		d.input = slices.Grow(d.input, takeMost)[:takeMost]
		b = h.peek(d.input)
		q = requestIn(b, most)
	}
	return q, b
}

// acts reports whether hotswap may act on the connection at all. A process may end its connections by itself.
func (d *Drain) acts(c *conn) bool {
	return (d.cfg.Mover != nil || d.cfg.End) && !c.reported &&
		(d.cfg.Leave == nil || !slices.ContainsFunc(c.holders, func(h holder) bool { return d.cfg.Leave(h.pid) }))
}

// unknown reports whether a client of this machine has not been found out yet.
func (c *conn) unknown() bool { return c.near && c.whoAt == 0 }

// rights returns what hotswap may do with a connection. hotswap takes only requests of a client that speaks for nobody
// but itself, because whoever takes a request decides where that request begins. Where no generation follows, hotswap
// refuses requests, and it does not matter whose they are.
func (d *Drain) rights(c *conn) rights {
	switch {
	case !c.hold || !d.acts(c):
		return mayWatch
	case d.cfg.Mover == nil:
		return mayMove
	case c.unknown():
		return mayWatch
	case c.who.Harmless:
		return mayMove
	}
	return mayEnd
}
