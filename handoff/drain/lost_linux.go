package drain

import (
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/peer"
)

// countLost handles connections that no process has any more. Nearly always the program has closed them. But a
// connection may be on its way between processes (a cluster's primary passes accepted sockets to its workers). Such a
// connection counts as busy until the drain finds it or it ends, but at most for lostFor, because its new process may be
// none of the generation. A process that has charge of its connections has reported the end.
func (d *Drain) countLost(r *Report) {
	now := d.now()
	for _, c := range d.conns {
		switch {
		case c.lostSince == 0 && (!c.reported || len(c.holders) > 0):
			continue
		case c.lostSince < 0:
			c.lostSince = now
		}
		switch {
		case c.spare != 0 && d.inherit(c, r) && now-c.lostSince < settled: // its process may be ending
		case c.spare != 0 || c.moved || c.reported || now-c.lostSince > lostFor || !stillOpen(c):
			d.drop(c)
		default:
			r.Connections, r.Busy = r.Connections+1, r.Busy+1
		}
	}
}

// someLost reports whether there is a connection that no process is known to have.
func (d *Drain) someLost() bool {
	for _, c := range d.conns {
		if c.lostSince != 0 {
			return true
		}
	}
	return false
}

// letGo ends what the drain does to connections: it moves the last requests, and lets all input wake the program. If no
// process of the generation is left, it keeps the connections of clients that rest.
func (d *Drain) letGo(e observer) {
	rest, gone := []*conn(nil), len(d.cfg.Tree()) == 0
	for _, c := range d.conns {
		if c.spare != 0 && d.inherit(c, &d.report) && gone {
			rest = append(rest, c)
		} else {
			d.closeSpare(c)
		}
	}
	if gone {
		d.cfg.Behind(func() { d.linger(rest) })
		return
	}
	for range letGoMost {
		left := false
		for _, c := range d.conns {
			left = left || c.state.held
		}
		if !left {
			return
		}
		pids := d.cfg.Tree()
		if len(pids) == 0 {
			return
		}
		e.discover(pids, d.conns)
		e.look(d.conns, func(c *conn, _ sample, h *control) {
			if h != nil && c.state.held {
				h.release()
				c.state.held = false
			}
		})
		for _, c := range d.conns {
			if c.state.held && !stillOpen(c) {
				c.state.held = false // it has ended
			}
		}
		time.Sleep(lookEvery)
	}
}

// linger moves the next requests of clients that rested when the generation ended. To end their connections then would lose
// what is on its way. A client that rests for longer loses no more by the end than by that of any server's idle connection.
func (d *Drain) linger(rest []*conn) {
	for end := d.now() + lingerFor; len(rest) > 0; time.Sleep(lookKept) {
		rest = slices.DeleteFunc(rest, func(c *conn) bool {
			if d.now() < end && d.inherit(c, new(Report)) {
				return false
			}
			d.closeSpare(c)
			return true
		})
	}
}

// inherit moves the request that came before the program closed the connection, as the program does when it ends. Nobody
// else reads that request, and the kernel would reset the connection. inherit reports whether the client rests, so that the
// connection may stay open: an answer that ends with its connection has ended long ago.
func (d *Drain) inherit(c *conn, r *Report) (rests bool) {
	c.closed, c.state.part = true, false // the relay waits for the rest of a request
	for range 3 {                        // the second look reads a request, or the third if a search must find out anew who the client is
		if c.asksAt != 0 {
			c.who, c.whoAt, c.asksAt = d.search(map[uint64]peer.Ends{c.cookie: c.ends()})[c.cookie], d.now(), 0
		}
		if s, ok := read(c.spare); ok && s.Unread > 0 && !c.moved {
			d.inspect(c, s, &control{c.spare}, r)
		}
	}
	_, never := d.next()
	if c.spare == 0 || c.moved || never || d.now()-c.state.outAt < settled {
		return false
	}
	_, _, err := unix.Recvfrom(c.spare, make([]byte, 1), unix.MSG_PEEK|unix.MSG_DONTWAIT)
	return err == unix.EAGAIN // else the client has ended its side, or sent what does not move
}

// closeSpare closes the duplicate of a connection, if there is one.
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
