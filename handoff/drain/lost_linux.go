package drain

import (
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
		ended := c.spare != 0
		if ended {
			d.inherit(c, r)
		}
		if ended || c.moved || c.reported || now-c.lostSince > lostFor || !stillOpen(c) {
			d.drop(c)
			continue
		}
		r.Busy++
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

// letGo ends what the drain does to connections: it moves the last requests, and lets all input wake the program.
func (d *Drain) letGo(e observer) {
	for _, c := range d.conns {
		if c.spare != 0 {
			d.inherit(c, &d.report)
		}
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

// inherit moves the request that came before the program closed the connection, as the program does when it ends, and
// closes the duplicate. Nobody else reads that request, and the kernel would reset the connection.
func (d *Drain) inherit(c *conn, r *Report) {
	c.closed, c.state.part = true, false // the relay waits for the rest of a request
	for range 3 {                        // the second look reads a request, or the third if a search must find out anew who the client is
		if c.asks {
			c.who, c.whoAt, c.asks = d.search(map[uint64]peer.Ends{c.cookie: c.ends()})[c.cookie], d.now(), false
		}
		if s, ok := read(c.spare); c.spare != 0 && ok && s.Unread > 0 && !c.moved {
			d.inspect(c, s, &control{c.spare}, r)
		}
	}
	d.closeSpare(c)
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
