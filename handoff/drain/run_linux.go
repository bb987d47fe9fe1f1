package drain

import (
	"context"
	"fmt"
	"math"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/sockdiag"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

const (
	lookAgain     = 100 * time.Microsecond // at connections on which something happens within microseconds
	lookKept      = 8 * lookEvery          // at connections that rest
	lookSeldom    = 64 * lookEvery         // where no action can follow
	discoverEvery = wait.Look
	discoverUnix  = 5 * wait.Look         // while there are connections of unix sockets, which only a discovery shows
	restShare     = 16                    // a client waits for its look at most so small a part of the time that it rested
	calmShare     = 4                     // a pause between passes is at most so small a part of the time without a change
	costShare     = 16                    // a pause is at least this many times as long as the processor time of the look or search before it
	freeLooks     = 3                     // looks in a row that must find nothing busy
	restFor       = 50 * time.Millisecond // without a change; then a connection rests
	spareMost     = 64                    // connections of which hotswap has a duplicate while the program may end
	lostFor       = time.Second           // a connection that no process has may be on its way to another
	lingerFor     = 5 * time.Second       // behind the end of the program, in which the next request of a client that rests moves
	letGoMost     = 100                   // attempts to let go in the end
	never         = time.Duration(math.MaxInt64)
)

// observer finds and reads the connections of the generation, by pidfd_getfd or by sock_diag(7).
type observer interface {
	// discover finds the connections of the processes.
	discover(pids []int, conns map[uint64]*conn)
	// look reads every connection once, and calls each for those that are open. The control is nil if hotswap may only
	// observe, and good during the call only.
	look(conns map[uint64]*conn, each func(*conn, sample, *control))
	unix() int // returns the number of unix sockets' connections
	// short reports whether hotswap had no descriptor left to look through, since the last call.
	short() bool
	close()
}

// Run observes until the generation has no process left, or ctx ends (then with its error). It calls report whenever
// the numbers change.
//
// Each pass first counts Waiting, then discovers, then looks. So a client that leaves the queue behind the count has a
// descriptor at the discovery.
func (d *Drain) Run(ctx context.Context, report func(Report)) error {
	e, err := d.open()
	if err != nil {
		return err
	}
	defer e.close()
	d.start = time.Now()
	d.own = sockdiag.OwnAddresses()
	d.tick = kernelTick()
	defer d.letGo(e)

	var (
		found, dear time.Duration
		free        int  // passes in a row at which nothing was busy
		search      bool // look for unknown connections before Run reports that nothing is busy
		told        = Report{Busy: -1}
	)
	for first := true; ; first = false {
		if err := d.wait(ctx, e); err != nil {
			return err
		}
		began := d.now()
		next := Report{Moved: d.report.Moved, Closed: d.report.Closed, Retired: d.retired.Load()}
		if next.Retired != d.report.Retired {
			free, d.changed = 0, began
		}
		if d.cfg.Waiting != nil {
			next.Waiting = d.cfg.Waiting()
		}
		if next.Waiting > 0 || first {
			d.changed, d.arrived = began, began
		}
		if first || search || d.short || d.someLost() || began-found >= max(d.discoverAfter(e, began), dear) {
			over := false
			dear = costShare * cost(func() { over = !d.discover(e) })
			if over {
				d.report = Report{Moved: next.Moved, Closed: next.Closed, Retired: next.Retired, Idle: true, Settled: true}
				d.tell(report, &told)
				return nil
			}
			found = began
		}
		rests := next.Retired || free > 0 || began-d.changed >= restFor // before, nobody needs to know at once that nothing is busy
		all := first || search || rests && d.report.Free()
		d.short = false
		d.dear = costShare * cost(func() { d.pass(e, &next, all) })
		d.findPeers()
		if free++; !next.Free() || !all || d.short {
			free = 0
		}
		calm := free >= freeLooks && (d.cfg.Waits == nil || !d.cfg.Waits())
		next.Idle = calm && (d.report.Idle || found == began)
		search = calm && !next.Idle
		now := d.now()
		if next != d.report {
			d.changed = now
		}
		d.report = next
		d.tell(report, &told)
		pause := max(lookEvery, min((now-d.changed)/calmShare, lookSeldom))
		if search || rests && next.Free() && free < freeLooks {
			pause = lookEvery
		}
		d.dear += now
		d.passAt = max(now+pause, d.dear)
	}
}

// discover finds the connections of the generation's processes, and reports whether a process is left.
func (d *Drain) discover(e observer) (alive bool) {
	pids := d.cfg.Tree()
	if len(pids) == 0 {
		return false
	}
	known := len(d.conns)
	e.discover(pids, d.conns)
	d.noteReported()
	if len(d.conns) > known {
		d.changed = d.now()
		d.arrived = d.changed
	}
	return true
}

// Look has Run look soon, because the caller has heard of the generation. Any goroutine may call Look.
func (d *Drain) Look() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// wait waits until the next pass. Meanwhile the drain looks at each connection when that look is due.
func (d *Drain) wait(ctx context.Context, e observer) error {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		at := d.passAt
		for _, c := range d.conns {
			at = min(at, d.due(c))
		}
		timer.Reset(max(0, at-d.now()))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-d.wake:
			d.noteChange(d.now())
			d.findPeers()
		case <-timer.C:
		}
		now := d.now()
		if now >= d.passAt {
			return nil
		}
		set, hot := d.those(func(c *conn) bool { return d.due(c) <= now }), false
		if len(set) == 0 {
			continue
		}
		spent := cost(func() {
			for _, c := range set {
				hot = hot || c.state.hot()
			}
			d.look(e, set, &d.report)
		})
		if !hot {
			d.dear = d.now() + costShare*spent
		}
		d.findPeers()
	}
}

// noteChange has the next pass come soon.
func (d *Drain) noteChange(now time.Duration) {
	d.changed = now
	d.passAt = min(d.passAt, max(now+lookEvery, d.dear))
}

// pass looks at all connections once, or at those that are due, and acts.
func (d *Drain) pass(e observer, r *Report, all bool) {
	now := d.now()
	set := d.conns
	if !all && d.cfg.CanGetFD {
		set = d.those(func(c *conn) bool { return c.lostSince != 0 || d.due(c) <= now })
	}
	d.look(e, set, r)
	free, foreign := false, false
	serves, _ := d.next()
	for _, c := range d.conns {
		if c.lostSince != 0 || c.reported {
			continue
		}
		if !c.moved && (c.deaf || c.near && (c.unknown() || c.who.Harmless)) {
			free = free || c.deaf || !c.state.held && !c.state.frames
			foreign = foreign || c.deaf || c.state.foreign()
		}
		d.count(c, r, serves)
	}
	d.countLost(r)
	r.Connections += e.unix()
	r.Busy += e.unix() // the kernel does not tell whether a request is under way
	d.caught = d.caught || !free && r.Waiting == 0
	r.Settled = d.caught && !foreign
}

// look looks at connections, and acts. Connections that no process shows any more are lost.
func (d *Drain) look(e observer, set map[uint64]*conn, r *Report) {
	now := d.now()
	for _, c := range set {
		c.lookAt = now + lookEvery
		if c.lostSince == 0 && !c.reported {
			c.lostSince = -1 // until the look shows it
		}
	}
	e.look(set, func(c *conn, s sample, h *control) {
		c.lostSince = 0
		d.inspect(c, s, h, r)
	})
	if e.short() { // what was not seen is as it was
		d.short = true
		for _, c := range set {
			c.lostSince = max(c.lostSince, 0)
		}
	}
	if d.someLost() {
		d.noteChange(now)
	}
}

// count adds an open connection to the report.
func (d *Drain) count(c *conn, r *Report, serves bool) {
	l := &c.state
	if !c.moved && !l.frames && l.inUse() && d.acts(c) && (d.cfg.Mover == nil || !c.unknown()) && d.rights(c) != mayMove {
		r.Stays++
	}
	r.Connections++
	switch {
	case c.moved && (!serves || c.endless != nil && c.endless()):
	case c.moved:
		r.Busy++
	case l.busy(d.need(c)):
		r.Busy++
		if l.last.At < l.stream {
			r.Streams++
		}
		if l.flows() {
			r.Flowing++
		}
	}
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
		o := newPidfdObserver(d.cfg.Endpoints)
		o.reported = d.cfg.ReportsUnix
		return o, nil
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
