package drain

import (
	"net"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// inspect evaluates a sample of the connection, and acts. It reports whether the connection is no longer the program's.
func (d *Drain) inspect(c *conn, s sample, h *control, r *Report, tick time.Duration) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := &c.state
	s.At = d.now()
	switch {
	case h == nil:
	case !l.seen:
		var held bool
		c.near = d.isNear(c)
		if c.hold, held = h.holdable(); held { // by this drain or an earlier one, which has lost sight of it
			c.moved = d.cfg.Mover != nil && d.cfg.Mover.Has(c.cookie)
			c.hold, l.held = !c.moved, !c.moved
		}
	case c.hold && !l.held:
		// Some programs make a socket a blocking one for each request (JDK's HttpServer). A call that begins to wait
		// while its input is held waits for ever.
		c.hold, _ = h.holdable()
	}
	if h != nil && !c.hold {
		nonblocking := h.nonblocking()
		c.idle = c.blocks && nonblocking
		c.blocks = c.blocks || !nonblocking && s.Received > 0
	}
	l.observe(s, tick)
	if c.moved {
		return false
	}
	if h != nil && d.act(c, h, r) {
		if !c.moved {
			d.drop(c)
		}
		return true
	}
	if h != nil && d.cfg.Mover != nil && l.held && c.near && c.spare == 0 && d.spares < spareMost && d.retired.Load() {
		if fd, err := h.duplicate(); err == nil {
			c.spare = fd
			d.spares++
		}
	}
	if l.hot() {
		d.hot[c.cookie] = c
	} else {
		delete(d.hot, c.cookie)
	}
	return false
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
	for looks := 0; looks < 2 && c.spare != 0; looks++ { // a request is read at the second look
		if s, ok := read(c.spare); ok && s.Unread > 0 && !c.moved {
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
	delete(d.hot, c.cookie)
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
		b := h.peek(d.input[:])
		if len(b) < min(l.last.Unread, len(d.input)) {
			return false // the program has read it
		}
		k := kindOf(b)
		if !l.learn(k) {
			return false
		}
		switch serves, never := d.next(); {
		case k != kindRequest || !l.between():
		case !serves && l.last.Read() == 0 && c.lostSince == 0: // it may have waited for the next generation, and came here instead
		case (d.cfg.Mover == nil || never) && c.reported: // its process tells the client that the connection ends
		case d.cfg.Mover == nil || never: // nothing of it was begun
			r.Closed++
			return h.end()
		case c.near && d.cfg.Mover.Room() > 0:
			if fd, ok := h.take(b); ok {
				c.endless = d.cfg.Mover.Move(c.cookie, fd, slices.Clone(b))
				r.Moved++
				c.moved, l.held = true, false
				delete(d.hot, c.cookie)
				return true
			}
		}
	case endIt:
		if (c.hold || c.idle || h.awaited(c.holders)) && h.finish(l.last) {
			r.Closed++
			return true
		}
		return false
	}
	h.release()
	l.passes()
	d.closeSpare(c)
	return false
}

// rights returns what hotswap may do with a connection. A process may end its connections by itself, and a
// client of another machine must not seem to be one of this machine.
func (d *Drain) rights(c *conn) rights {
	leaves := d.cfg.Leave != nil && slices.ContainsFunc(c.holders, func(h holder) bool { return d.cfg.Leave(h.pid) })
	if d.cfg.Mover == nil && !d.cfg.End || leaves || d.exempt[c.cookie] {
		return rights{}
	}
	return rights{hold: c.hold, move: c.near || d.cfg.Mover == nil, end: true, idle: c.idle}
}

// Exempt has the input of a connection wake the process that gets it, now and for as long as d drains. fd is a
// duplicate of the connection, which stays the caller's.
func (d *Drain) Exempt(fd int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if cookie, err := unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_COOKIE); err == nil {
		d.exempt[cookie] = true
	}
	(&control{fd}).release()
}

// isNear reports whether the client is on this machine.
func (d *Drain) isNear(c *conn) bool {
	at := c.peer.Addr().Unmap()
	return at.IsLoopback() || at == c.local.Addr().Unmap() || d.ours[at]
}

// ownAddresses returns the addresses of this machine.
func ownAddresses() map[netip.Addr]bool {
	ours := make(map[netip.Addr]bool)
	all, _ := net.InterfaceAddrs()
	for _, one := range all {
		if p, err := netip.ParsePrefix(one.String()); err == nil {
			ours[p.Addr().Unmap()] = true
		}
	}
	return ours
}
