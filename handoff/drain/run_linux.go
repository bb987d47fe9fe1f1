package drain

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

const (
	lookEvery     = time.Millisecond
	lookAgain     = 100 * time.Microsecond // at connections on which something is under way
	lookKept      = 8 * lookEvery          // at connections that rest
	lookSeldom    = 64 * lookEvery         // where no action can follow
	discoverEvery = 20 * time.Millisecond
	discoverUnix  = 100 * time.Millisecond // while there are connections of unix sockets, which only a discovery shows
	restShare     = 16                     // a client waits for its look at most so small a part of the time that it rested
	calmShare     = 4                      // a pause between passes is at most so small a part of the time without a change
	costShare     = 16                     // a pause is at least this many times as long as the processor time of the look or search before it
	freeLooks     = 3                      // looks in a row that must find nothing busy
	restFor       = 50 * time.Millisecond
	spareMost     = 64 // connections of which hotswap has a duplicate while the program may end
	lostFor       = time.Second
	letGoMost     = 100 // attempts to let go in the end
	never         = time.Duration(math.MaxInt64)
)

// observer finds and reads the connections of the generation, by pidfd_getfd or by sock_diag(7).
type observer interface {
	// discover finds the connections of the processes.
	discover(pids []int, conns map[uint64]*conn)
	// look reads every connection once and calls each for those that are open. The control is nil if hotswap
	// may only observe, and good during the call only.
	look(conns map[uint64]*conn, each func(*conn, sample, *control))
	unix() int // the number of unix sockets' connections
	close()
}

// Run observes until the generation has no process left, or ctx ends (then with its error). It calls report whenever
// the numbers change.
//
// Each pass first counts Waiting, then discovers, then looks. So a client that leaves the queue after it was
// counted has a descriptor when it is searched.
func (d *Drain) Run(ctx context.Context, report func(Report)) error {
	e, err := d.open()
	if err != nil {
		return err
	}
	defer e.close()
	d.start = time.Now()
	d.own = sockdiag.OwnAddresses()
	tick := kernelTick()
	defer d.letGo(e)
	defer func() {
		for _, c := range d.conns {
			if c.spare != 0 {
				d.inherit(c, &d.report, tick)
			}
		}
	}()

	var (
		found, dear time.Duration
		free        int  // passes in a row at which nothing was busy
		search      bool // for unknown connections, before Run reports that nothing is busy
		told        = Report{Busy: -1}
	)
	for first := true; ; first = false {
		if err := d.wait(ctx, e, tick); err != nil {
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
		if first || search || d.someLost() || began-found >= max(d.discoverAfter(e, began), dear) {
			over := false
			dear = costShare * cost(func() {
				pids := d.cfg.Tree()
				if over = len(pids) == 0; !over {
					known := len(d.conns)
					e.discover(pids, d.conns)
					d.noteReported()
					if len(d.conns) > known {
						d.changed, d.arrived = began, began
					}
				}
			})
			if over {
				d.report = Report{Moved: next.Moved, Closed: next.Closed, Retired: next.Retired, Idle: true, Settled: true}
				d.tell(report, &told)
				return nil
			}
			found = began
		}
		rests := next.Retired || free > 0 || began-d.changed >= restFor // before, nobody needs to know at once that nothing is busy
		all := first || search || rests && d.report.Free()
		d.dear = costShare * cost(func() { d.pass(e, &next, all, tick) })
		d.findPeers()
		if free++; !next.Free() || !all {
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

// Look has Run look soon, because something was heard of the generation. It may be called from any goroutine.
func (d *Drain) Look() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// wait waits until the next pass. Meanwhile it looks at each connection when that is due.
func (d *Drain) wait(ctx context.Context, e observer, tick time.Duration) error {
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
			d.look(e, set, &d.report, tick)
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
func (d *Drain) pass(e observer, r *Report, all bool, tick time.Duration) {
	now := d.now()
	set := d.conns
	if !all && d.cfg.CanGetFD {
		set = d.those(func(c *conn) bool { return c.lostSince != 0 || d.due(c) <= now })
	}
	d.look(e, set, r, tick)
	free, foreign := false, false
	serves, _ := d.next()
	for _, c := range d.conns {
		if c.lostSince != 0 || c.reported {
			continue
		}
		if !c.moved && (c.deaf || c.near && (c.whoAt == 0 || c.who.Harmless)) {
			free = free || c.deaf || !c.state.held && !c.state.frames
			foreign = foreign || c.deaf || c.state.foreign()
		}
		d.count(c, r, serves)
	}
	d.countLost(r, tick)
	r.Busy += e.unix() // the kernel does not tell whether a request is under way
	d.caught = d.caught || !free && r.Waiting == 0
	r.Settled = d.caught && !foreign
}

// look looks at connections and acts. Those that no process shows any more are lost.
func (d *Drain) look(e observer, set map[uint64]*conn, r *Report, tick time.Duration) {
	now := d.now()
	for _, c := range set {
		c.lookAt = now + lookEvery
		if c.lostSince == 0 && !c.reported {
			c.lostSince = -1 // until the look shows it
		}
	}
	e.look(set, func(c *conn, s sample, h *control) {
		c.lostSince = 0
		d.inspect(c, s, h, r, tick)
	})
	if d.someLost() {
		d.noteChange(now)
	}
}

// count adds an open connection to the report.
func (d *Drain) count(c *conn, r *Report, serves bool) {
	l := &c.state
	if may := d.rights(c); !c.moved && !l.frames && l.inUse() && may.end && !may.move {
		r.Stays++
	}
	switch {
	case c.moved && (!serves || c.endless != nil && c.endless()):
		r.Quiet++
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
	default:
		r.Quiet++
	}
}

// countLost handles connections that no process has any more. Nearly always the program has closed them. But
// one may be on its way between processes (a cluster's primary passes accepted sockets to its workers): then
// it counts as busy until it is found or ends, but at most lostFor, because its new process may be none of
// the generation. A process that has charge of its connections has reported the end.
func (d *Drain) countLost(r *Report, tick time.Duration) {
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
			d.inherit(c, r, tick)
		}
		if ended || c.moved || c.reported || now-c.lostSince > lostFor || !stillOpen(c) {
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

// tell calls report if the numbers have changed.
func (d *Drain) tell(report func(Report), told *Report) {
	if report != nil && d.report != *told {
		report(d.report)
	}
	*told = d.report
}

// now returns the time since the drain began.
func (d *Drain) now() time.Duration { return time.Since(d.start) }

// cost returns the processor time that work takes.
func cost(work func()) time.Duration {
	runtime.LockOSThread() // costs are those of the thread
	defer runtime.UnlockOSThread()
	before := used()
	work()
	return used() - before
}

// used returns the processor time of the calling thread (CLOCK_THREAD_CPUTIME_ID, clock_gettime(2)). On a busy machine
// most of the time that a look takes belongs to others.
func used() time.Duration {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts)
	return time.Duration(ts.Nano())
}

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
