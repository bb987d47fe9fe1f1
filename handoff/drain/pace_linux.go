package drain

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// discoverAfter returns the pause between two discoveries. Once the drain has found the clients that waited, no other
// client comes to a generation that another has relieved.
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

// those returns the connections that are wanted. Where only sock_diag shows connections, it shows all at once.
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

// every returns the pause between two looks at a connection. A client that has rested for long can wait longer for its
// look, so that connections that nobody uses cost little.
func (d *Drain) every(c *conn) time.Duration {
	l, acts, most := &c.state, d.acts(c), lookKept
	rest := min(l.last.SentAge, l.last.ReceivedAge)
	switch {
	case l.hot():
		return lookAgain
	case c.moved:
		return lookKept
	case !c.deaf && !l.other && !l.held && rest < doubtFor && acts:
		return lookEvery // a look must come between what the program reads by itself and its answer
	case c.deaf || l.other || !acts:
		most = lookSeldom
	}
	every := lookEvery
	for 2*every <= min(rest/restShare, most) {
		every *= 2
	}
	return every
}

// cost returns the processor time that work takes.
func cost(work func()) time.Duration {
	runtime.LockOSThread() // costs are those of the thread
	defer runtime.UnlockOSThread()
	before := used()
	work()
	return used() - before
}

// used returns the processor time of the calling thread (CLOCK_THREAD_CPUTIME_ID, clock_gettime(2)). On a busy machine
// most of the time that passes during a look belongs to others.
func used() time.Duration {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts)
	return time.Duration(ts.Nano())
}
