package drain

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
)

const (
	lookEvery     = time.Millisecond
	lookAgain     = 100 * time.Microsecond // at connections on which something is under way
	lookSeldom    = 25 * time.Millisecond  // when no action can follow
	discoverEvery = 20 * time.Millisecond
	costShare     = 12 // a pause is at least this many times as long as the look before it
	freeLooks     = 3  // looks in a row that must find nothing busy
	lostFor       = time.Second
	letGoMost     = 100 // attempts to let go in the end
)

// observer finds and reads the connections of the generation, by pidfd_getfd or by sock_diag(7).
type observer interface {
	// discover finds the connections of the processes.
	discover(pids []int, conns map[uint64]*conn)
	// look reads every connection once and calls each for those that are open. The control is nil if hotswap
	// may only observe.
	look(conns map[uint64]*conn, each func(*conn, sample, control))
	close()
}

// control acts on one connection, during the look only.
type control interface {
	holdable() (can, held bool)         // input can be held; it is held already
	hold() (held, never bool)           // has input not wake the program; never: that is impossible
	release()                           // has it wake the program again, also what has come
	nonblocking() bool                  // calls do not wait on the socket
	awaited([]holder) bool              // a thread waits in a call for input
	peek(b []byte) []byte               // reads input that the program still gets
	take(seen []byte) (fd int, ok bool) // reads what was peeked at, and returns a duplicate that lives on
	finish(s sample) bool               // ends the connection, or returns false if something moved since s
	end() bool                          // ends it in any case
}

// Run observes until the generation has no process left, or ctx ends (then with its error). It calls report whenever
// the numbers change.
//
// Each pass first counts Waiting, then discovers, then looks. So a client that leaves the queue after it was
// counted has a descriptor when it is searched.
func (d *Drain) Run(ctx context.Context, report func(Report)) error {
	e, err := d.observer()
	if err != nil {
		return err
	}
	defer e.close()
	d.start = time.Now()
	d.ours = ownAddresses()
	tick := kernelTick()
	defer d.letGo(e)

	var (
		found, cost time.Duration
		free        int  // looks in a row at which nothing was busy
		search      bool // for connections that nobody knows of, before it is said that nothing is busy
		told        = Report{Busy: -1}
		pause       time.Duration
	)
	for first := true; ; first = false {
		if err := d.wait(ctx, e, pause, tick); err != nil {
			return err
		}
		began := d.now()
		next := Report{Moved: d.report.Moved, Closed: d.report.Closed, Retired: d.retired.Load()}
		if d.cfg.Waiting != nil {
			next.Waiting = d.cfg.Waiting()
		}
		if first || search || d.someLost() || began-found >= max(discoverEvery, costShare*cost) {
			pids := d.cfg.Tree()
			if len(pids) == 0 {
				d.report = Report{Moved: next.Moved, Closed: next.Closed, Retired: next.Retired, Idle: true}
				d.tell(report, &told)
				return nil
			}
			e.discover(pids, d.conns)
			d.noteReported()
			found = began
			cost = d.now() - began
		}
		looked := d.now()
		d.pass(e, &next, tick)
		if free++; !next.Free() || next.Retired != d.report.Retired {
			free = 0
		}
		calm := free >= freeLooks && (d.cfg.Waits == nil || !d.cfg.Waits())
		next.Idle = calm && (d.report.Idle || found == began)
		search = calm && !next.Idle
		d.report = next
		d.tell(report, &told)
		pause = d.pause(next, d.now()-looked)
	}
}

// wait waits until the next look at all connections. Meanwhile it looks at those on which something is under way.
func (d *Drain) wait(ctx context.Context, e observer, pause, tick time.Duration) error {
	for end := d.now() + pause; ; {
		left := end - d.now()
		if len(d.hot) > 0 {
			left = min(left, lookAgain)
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
		e.look(d.hot, func(c *conn, s sample, h control) { d.inspect(c, s, h, &d.report, tick) })
	}
}

// pass looks at every connection once and acts.
func (d *Drain) pass(e observer, r *Report, tick time.Duration) {
	for _, c := range d.conns {
		if c.lostSince == 0 {
			c.lostSince = -1 // until the look shows it
		}
	}
	maps.DeleteFunc(d.hot, func(cookie uint64, _ *conn) bool { return d.conns[cookie] == nil })
	free, foreign := false, false
	serves, _ := d.next()
	e.look(d.conns, func(c *conn, s sample, h control) {
		c.lostSince = 0
		ended := d.inspect(c, s, h, r, tick) && !c.moved
		if !ended && !c.moved && (h == nil || c.near) {
			free = free || h == nil || !c.state.held && !c.state.frames
			foreign = foreign || h == nil || c.state.foreign()
		}
		switch l := &c.state; {
		case ended:
		case c.moved && (!serves || c.endless != nil && c.endless()):
			r.Quiet++
		case c.reported && !c.moved && (l.arrives() || l.last.At >= l.stream && l.fresh(d.need(c))): // its process does not wait for that
			r.Relayed++
		case c.moved && c.reported: // a program that ends may end what it has of a moved one, too
			r.Relayed++
		case c.reported:
		case c.moved, l.busy(d.need(c)):
			r.Busy++
			if l.last.At < l.stream {
				r.Streams++
			}
		default:
			r.Quiet++
		}
	})
	d.countLost(r)
	d.caught = d.caught || !free && r.Waiting == 0
	r.Settled = d.caught && !foreign
}

// inspect takes a look into account and acts. It reports whether the connection is no longer the program's.
func (d *Drain) inspect(c *conn, s sample, h control, r *Report, tick time.Duration) bool {
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
	if l.hot() {
		d.hot[c.cookie] = c
	} else {
		delete(d.hot, c.cookie)
	}
	return false
}

// need returns how old an answer must be to count as whole. Clients that ask again within that time are moved before
// the program is told to stop. Where nothing is moved, clients that ask all the time would keep it from being told
// for ever; then it suffices if the process itself tells that it is done.
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

// drop forgets a connection.
func (d *Drain) drop(c *conn) {
	delete(d.conns, c.cookie)
	delete(d.hot, c.cookie)
}

// act does what is decided and reports whether the connection is no longer the program's.
func (d *Drain) act(c *conn, h control, r *Report) bool {
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
		request := k == kindRequest && l.between()
		serves, never := d.next()
		if !serves && l.last.Read() == 0 {
			request = false // it may have waited for the next generation, and came here instead
		}
		if request && (d.cfg.Mover == nil || never) {
			if !c.reported { // nothing of it was begun
				r.Closed++
				return h.end()
			}
			request = false // its process tells the client that the connection ends
		}
		if request && c.near && d.cfg.Mover.Room() > 0 {
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
	fdControl{fd}.release()
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

// countLost handles connections that no process has any more. Nearly always the program has closed them. But
// one may be on its way between processes (a cluster's primary passes accepted sockets to its workers): then
// it counts as busy until it is found or ends, but at most lostFor, because its new process may be none of
// the generation. A process that reports its connections has reported the end.
func (d *Drain) countLost(r *Report) {
	now := d.now()
	for _, c := range d.conns {
		switch {
		case c.lostSince == 0:
			continue
		case c.lostSince < 0:
			c.lostSince = now
		}
		if c.moved || c.reported || now-c.lostSince > lostFor || !stillOpen(c) {
			d.drop(c)
			continue
		}
		r.Busy++
	}
}

// someLost reports whether no process is known to have an open connection.
func (d *Drain) someLost() bool {
	for _, c := range d.conns {
		if c.lostSince != 0 {
			return true
		}
	}
	return false
}

// letGo has all input wake the program.
func (d *Drain) letGo(e observer) {
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
		e.look(d.conns, func(c *conn, _ sample, h control) {
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

// pause returns the time to the next look. Looking takes a small part of a processor.
func (d *Drain) pause(r Report, cost time.Duration) time.Duration {
	every := lookEvery
	if d.cfg.Mover == nil && r.Idle {
		every = lookSeldom
	}
	return max(every, costShare*cost)
}

// tell calls report if the numbers have changed.
func (d *Drain) tell(report func(Report), told *Report) {
	if report != nil && d.report != *told {
		report(d.report)
	}
	*told = d.report
}

// now returns the time since the drain began.
func (d *Drain) now() time.Duration { return time.Since(d.start) }

// kernelTick returns the granularity of the ages in TCP_INFO: one jiffy, by which the coarse clocks advance
// (clock_getres(2)).
func kernelTick() time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGetres(unix.CLOCK_MONOTONIC_COARSE, &ts); err != nil || ts.Nano() <= 0 {
		return 10 * time.Millisecond
	}
	return time.Duration(ts.Nano())
}

// observer chooses how to observe.
func (d *Drain) observer() (observer, error) {
	if d.cfg.CanGetFD {
		return newPidfdObserver(portsOf(d.cfg.Endpoints)), nil
	}
	told := d.cfg.SelfReported
	if told == nil {
		told = func(int, uint16) bool { return false }
	}
	w, err := newDiagObserver(d.cfg.Endpoints, told)
	if err != nil {
		return nil, fmt.Errorf("drain: open sock_diag: %w", err)
	}
	return w, nil
}

func portsOf(ends []handoff.Endpoint) map[uint16]bool {
	ports := make(map[uint16]bool)
	for _, e := range ends {
		ports[e.Port()] = true
	}
	return ports
}
