package drain

import (
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/peer"
)

// inspect evaluates a sample of the connection, and acts.
func (d *Drain) inspect(c *conn, s sample, h *control, r *Report, tick time.Duration) {
	l := &c.state
	s.At, c.deaf = d.now(), h == nil
	if h != nil && !l.seen {
		c.near = d.own.Has(c.peer.Addr()) || c.peer.Addr() == c.local.Addr()
		if c.hold, l.held = h.holdable(); l.held { // by this drain or an earlier one, which has lost sight of it
			c.moved = d.cfg.Mover != nil && d.cfg.Mover.Has(c.cookie)
			c.hold, l.held = !c.moved, !c.moved
		}
	} else if h != nil && !l.held {
		// Some programs make a socket a blocking one for each request (JDK's HttpServer). A call that begins to wait
		// while its input is held waits for ever.
		c.hold, _ = h.holdable()
	}
	was := l.busy(d.need(c))
	l.observe(s, tick)
	defer func() {
		every := d.every(c)
		c.lookAt = (s.At/every + 1) * every // with others that are due as often
		// What is left to the program, or is another's, keeps nobody from being told to stop.
		if l.usedAt == s.At && !c.moved && !l.other || l.busy(d.need(c)) != was {
			d.noteChange(s.At)
		}
	}()
	if c.answers && l.read == l.first && s.At-l.firstAt >= answersTime && d.cfg.Answered != nil && d.cfg.Answered() {
		l.told = dirAnswer
	}
	if c.moved {
		return
	}
	if h != nil && d.act(c, h, r) {
		d.noteChange(s.At)
		if !c.moved {
			d.drop(c)
		}
		return
	}
	if h != nil && d.cfg.Mover != nil && l.held && c.who.Harmless && c.spare == 0 && d.spares < spareMost && d.retired.Load() {
		if fd, err := h.duplicate(); err == nil {
			c.spare = fd
			d.spares++
		}
	}
}

// need returns how old an answer must be to count as whole. Clients that ask again within that time are moved before
// the program gets the stop signal. Where nothing is moved, clients that ask all the time would delay that signal for
// ever; then it suffices that the process itself reports that it is done.
func (d *Drain) need(c *conn) time.Duration {
	switch {
	case d.cfg.Mover != nil && d.cfg.CanGetFD:
		return settled
	case c.answers:
		return 0
	}
	return calm
}

// next says which generation answers what has moved.
func (d *Drain) next() (serves, never bool) {
	if d.cfg.Next == nil {
		return true, false
	}
	return d.cfg.Next()
}

// inherit moves the request that came before the program closed the connection, as it does when it ends, and closes the
// duplicate. Nobody else reads that request, and the kernel would reset the connection.
func (d *Drain) inherit(c *conn, r *Report, tick time.Duration) {
	c.closed, c.state.part = true, false // the relay waits for the rest of a request
	for range 3 {                        // a request is read at the second look, or at the third if its client must be known anew
		if c.asks {
			c.who, c.whoAt, c.asks = d.search(map[uint64]peer.Ends{c.cookie: c.ends()})[c.cookie], d.now(), false
		}
		if s, ok := read(c.spare); c.spare != 0 && ok && s.Unread > 0 && !c.moved {
			d.inspect(c, s, &control{c.spare}, r, tick)
		}
	}
	d.closeSpare(c)
}

func (d *Drain) closeSpare(c *conn) {
	if c.spare != 0 {
		_ = unix.Close(c.spare)
		c.spare = 0
		d.spares--
	}
}

// drop removes a connection from the drain.
func (d *Drain) drop(c *conn) {
	d.closeSpare(c)
	delete(d.conns, c.cookie)
}

// act does what is decided and reports whether the connection is no longer the program's.
func (d *Drain) act(c *conn, h *control, r *Report) bool {
	l, may := &c.state, d.rights(c)
	if may.end && l.last.At < l.stream && d.cfg.EndStreams != nil && d.cfg.EndStreams() {
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
		q, b := d.requestAt(h, l.last.Unread)
		if len(b) < min(l.last.Unread, peekMost) {
			return false // the program has read it
		}
		if may.move && !c.closed && q.kind == kindRequest && q.total > len(b) {
			// A program that reads without being awakened must find nothing of a request that is taken. What it expects
			// must come from the program.
			if q.kind = kindPart; q.expects {
				q.kind = kindStays
			}
		}
		if q.kind == kindRequest && may.move && d.cfg.Mover != nil && !namesPort(b[:q.head], c.local.Port()) {
			q.kind = kindForeign // a tunnel that was opened before the first look leads to whom the request names
		}
		if !l.learn(q, may.move) {
			return false
		}
		if q.kind == kindRequest && may.move && l.between() {
			switch d.take(c, h, q, b, r) {
			case waitsOn:
				return false
			case isTaken:
				return true
			}
		}
	case endIt:
		if (c.hold || h.awaited(c.holders)) && h.finish(l.last, c.local.Addr()) {
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

// taking is what became of a request that may be taken.
type taking uint8

const (
	isLeft  taking = iota // it is the program's
	waitsOn               // it is not known yet whose it is
	isTaken               // the connection is no longer the program's
)

// take gives a request to the generation that serves, if its client is still known to be harmless.
func (d *Drain) take(c *conn, h *control, q request, b []byte, r *Report) taking {
	l := &c.state
	switch serves, never := d.next(); {
	case !serves && l.last.Read() == 0 && c.lostSince == 0: // it may have waited for the next generation, and came here instead
	case d.cfg.Mover == nil || never: // nothing of it was begun
		r.Closed++
		if h.end() {
			return isTaken
		}
	case l.last.At-c.whoAt > sureFor:
		if c.asks = true; l.last.At-l.waits < partLimit {
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

// requestAt returns what the unread input is taken for, and its beginning: all of it if it is a request that may be whole.
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

// rights returns what hotswap may do with a connection. A process may end its connections by itself. Only a request of
// a client that speaks for nobody else may be taken, because the one who takes it decides where it begins. Of one that
// nobody knows yet, nothing is done.
func (d *Drain) rights(c *conn) rights {
	leaves := d.cfg.Leave != nil && slices.ContainsFunc(c.holders, func(h holder) bool { return d.cfg.Leave(h.pid) })
	if d.cfg.Mover == nil && !d.cfg.End || leaves || c.reported {
		return rights{}
	}
	if d.cfg.Mover == nil {
		return rights{hold: c.hold, move: c.hold, end: true}
	}
	known := !c.near || c.whoAt > 0
	return rights{hold: c.hold && known, move: c.hold && c.who.Harmless, end: known}
}
