package drain

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/sockdiag"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

const (
	lookEvery     = time.Millisecond
	lookAgain     = 100 * time.Microsecond // at connections on which something is under way
	lookSeldom    = 25 * time.Millisecond  // when no action can follow
	discoverEvery = 20 * time.Millisecond
	costShare     = 12 // a pause is at least this many times as long as the processor time of the look or search before it
	freeLooks     = 3  // looks in a row that must find nothing busy
	spareMost     = 64 // connections of which hotswap has a duplicate while the program may end
	lostFor       = time.Second
	letGoMost     = 100 // attempts to let go in the end
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
	e, err := d.observer()
	if err != nil {
		return err
	}
	defer e.close()
	runtime.LockOSThread() // costs are those of the thread
	defer runtime.UnlockOSThread()
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
		found, cost time.Duration
		free        int  // looks in a row at which nothing was busy
		search      bool // for unknown connections, before Run reports that nothing is busy
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
			before := used()
			pids := d.cfg.Tree()
			if len(pids) == 0 {
				d.report = Report{Moved: next.Moved, Closed: next.Closed, Retired: next.Retired, Idle: true, Settled: true}
				d.tell(report, &told)
				return nil
			}
			e.discover(pids, d.conns)
			d.noteReported()
			found = began
			cost = used() - before
		}
		d.findPeers()
		before := used()
		d.pass(e, &next, tick)
		if free++; !next.Free() || next.Retired != d.report.Retired {
			free = 0
		}
		calm := free >= freeLooks && (d.cfg.Waits == nil || !d.cfg.Waits())
		next.Idle = calm && (d.report.Idle || found == began)
		search = calm && !next.Idle
		d.report = next
		d.tell(report, &told)
		pause = d.pause(next, used()-before)
	}
}

// wait waits until the next look at all connections. Meanwhile it looks at those on which something is under way.
func (d *Drain) wait(ctx context.Context, e observer, pause, tick time.Duration) error {
	for end := d.now() + pause; ; {
		left := end - d.now()
		if len(d.hot) > 0 {
			left = min(left, lookAgain)
		}
		if err := wait.For(ctx, max(0, left)); err != nil {
			return err
		}
		if d.now() >= end {
			return nil
		}
		e.look(d.hot, func(c *conn, s sample, h *control) { d.inspect(c, s, h, &d.report, tick) })
	}
}

// pass looks at every connection once and acts.
func (d *Drain) pass(e observer, r *Report, tick time.Duration) {
	for _, c := range d.conns {
		if c.lostSince == 0 && !c.reported {
			c.lostSince = -1 // until the look shows it
		}
	}
	maps.DeleteFunc(d.hot, func(cookie uint64, c *conn) bool { return d.conns[cookie] == nil || c.reported })
	free, foreign := false, false
	serves, _ := d.next()
	e.look(d.conns, func(c *conn, s sample, h *control) {
		c.lostSince = 0
		if d.inspect(c, s, h, r, tick) && !c.moved || c.reported {
			return
		}
		if !c.moved && (h == nil || c.near && (c.whoAt == 0 || c.who.Harmless)) {
			free = free || h == nil || !c.state.held && !c.state.frames
			foreign = foreign || h == nil || c.state.foreign()
		}
		d.count(c, r, serves)
	})
	d.countLost(r, tick)
	r.Busy += e.unix() // the kernel does not tell whether a request is under way
	d.caught = d.caught || !free && r.Waiting == 0
	r.Settled = d.caught && !foreign
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
