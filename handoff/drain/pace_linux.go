package drain

import "time"

// discoverAfter returns the pause between two discoveries. No client comes to a generation that others have relieved,
// once those that waited have been found.
func (d *Drain) discoverAfter(e observer, now time.Duration) time.Duration {
	switch most := (now - d.arrived) / 2; {
	case d.cfg.Mover == nil && d.cfg.End: // clients keep coming
		return discoverEvery
	case e.unix() > 0:
		return min(max(discoverEvery, most), discoverUnix)
	default:
		return max(discoverEvery, most)
	}
}

// due returns when to look at a connection.
func (d *Drain) due(c *conn) time.Duration {
	switch {
	case c.reported && !c.state.held:
		return never
	case c.state.hot():
		return c.lookAt
	}
	return max(c.lookAt, d.dear)
}

// those returns the connections that are wanted. Where sock_diag tells of connections, it tells of all.
func (d *Drain) those(wanted func(*conn) bool) map[uint64]*conn {
	clear(d.set)
	for cookie, c := range d.conns {
		if wanted(c) {
			d.set[cookie] = c
		}
	}
	if len(d.set) > 0 && !d.cfg.CanGetFD {
		return d.conns
	}
	return d.set
}

// every returns the pause between two looks at a connection. A client that has rested for long can wait for longer, so
// that connections that nobody uses cost little.
func (d *Drain) every(c *conn) time.Duration {
	l, may, most := &c.state, d.rights(c), lookKept
	rest := min(l.last.SentAge, l.last.ReceivedAge)
	switch {
	case l.hot():
		return lookAgain
	case c.moved:
		return lookKept
	case !c.deaf && !l.other && !l.held && rest < doubtFor && (may.end || c.near && c.whoAt == 0):
		return lookEvery // what the program reads by itself is told apart only by a look in between
	case c.deaf || l.other || !may.end:
		most = lookSeldom
	}
	every := lookEvery
	for 2*every <= min(rest/restShare, most) {
		every *= 2
	}
	return every
}
