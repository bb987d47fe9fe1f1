package drain

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
)

const (
	lookEvery     = 2 * time.Millisecond
	lookSeldom    = 25 * time.Millisecond // when no action can follow
	discoverEvery = 20 * time.Millisecond
	costShare     = 4 // a pause is at least this many times as long as the look before it
	idleLooks     = 3 // looks in a row that must find nothing
	lostFor       = time.Second
	recentFor     = 10 * time.Second // parked connections with older answers are not asked about
	letGoMost     = 100              // attempts to let go in the end
)

// observer finds and reads the connections of the generation, by pidfd_getfd or by sock_diag(7).
type observer interface {
	// discover finds the connections of the processes.
	discover(pids []int, conns map[uint64]*conn)
	// look reads every connection once and calls each for those that are open. The control is nil if hotswap
	// may only observe.
	look(conns map[uint64]*conn, each func(*conn, sample, control))
	// lookAgain reads only these connections, which a look has shown.
	lookAgain(conns map[uint64]*conn, each func(*conn, sample, control))
	close()
}

// control acts on one connection, during the look only. What returns false has not been done; it may be
// possible at the next look.
type control interface {
	cork(on bool) bool
	recork() bool // corks again if that costs nothing, and reports whether the program had removed the cork
	push() bool   // sends what is held back, and goes on holding back
	// activity returns what the program does, and for how long it has had all the processors that it wanted.
	activity() (activity, time.Duration)
	finish(s sample) bool // ends the connection, or returns false if something moved since s
	end() bool            // ends it in any case

	hold() bool           // has input not wake the program; false: that is impossible
	release() bool        // has it wake the program again, also the input that has come
	peek(b []byte) []byte // reads input that the program still gets
}

// Run observes until nothing is busy, in use or waiting in several looks in a row, the generation has no
// process left, or ctx ends (then with its error). It calls report whenever the numbers change.
//
// Each pass first counts Waiting, then discovers, then looks. So a client that leaves the queue after it was
// counted has a descriptor when it is searched.
func (d *Drain) Run(ctx context.Context, report func(Report)) (Report, error) {
	e, err := d.observer()
	if err != nil {
		return d.report, err
	}
	defer e.close()
	return d.run(ctx, e, report)
}

func (d *Drain) run(ctx context.Context, e observer, report func(Report)) (Report, error) {
	if d.start.IsZero() {
		d.start = time.Now()
	}
	patience := d.patience(ctx)
	tick := kernelTick()
	defer d.letGo(e)

	var (
		found, cost time.Duration
		idle        int // looks in a row that found nothing
		told        = Report{Busy: -1}
		pause       time.Duration
	)
	for first := true; ; first = false {
		if err := d.wait(ctx, e, pause, tick); err != nil {
			return d.report, err
		}
		began := d.now()
		next := Report{Finished: d.report.Finished, Closed: d.report.Closed}
		if d.cfg.Waiting != nil {
			next.Waiting = d.cfg.Waiting()
		}
		if first || idle >= idleLooks-1 || d.someLost() || began-found >= max(discoverEvery, costShare*cost) {
			pids := d.cfg.Tree()
			if len(pids) == 0 {
				d.report = Report{Finished: next.Finished, Closed: next.Closed}
				d.tell(report, &told)
				return d.report, nil
			}
			e.discover(pids, d.conns)
			found = began
			cost = d.now() - began
		}
		looked := d.now()
		d.pass(e, &next, tick, looked >= patience)
		d.report = next
		d.tell(report, &told)
		switch {
		case !next.idle():
			idle = 0
		case !d.stopping.Load(), next.Quiet == 0:
			idle++
			if idle < idleLooks {
				break
			}
			if d.whole() {
				return d.report, nil
			}
			d.examine(e) // which takes longer than a pass, so the next pass must show that nothing has moved
		}
		pause = d.pause(next, d.now()-looked)
	}
}

// pass looks at every connection once and acts.
func (d *Drain) pass(e observer, r *Report, tick time.Duration, late bool) {
	for _, c := range d.conns {
		if c.lostSince == 0 {
			c.lostSince = -1 // until the look shows it
		}
	}
	e.look(d.conns, func(c *conn, s sample, h control) {
		c.lostSince = 0
		l := &c.state
		l.sizes = d.sizes
		s.At = d.now()
		l.acts = h != nil
		ended := l.ended
		l.observe(s, tick)
		r.Finished += l.ended - ended
		if h != nil && d.leave(c) {
			if l.corked && h.cork(false) {
				l.corked = false
			}
			d.release(c, h)
			h = nil
		}
		if h != nil {
			d.listen(c, h)
		}
		if h != nil && l.corked {
			l.seeCork(h.recork())
		}
		if h != nil && d.act(l, h, l.next(tick, late)) {
			if s.NotSent > 0 {
				r.Finished++
			}
			r.Closed++
			delete(d.conns, c.cookie)
			delete(d.held, c.cookie)
			return
		}
		need := calmFor
		if h == nil && !d.cfg.CanGetFD {
			need = lateTicks * tick
		}
		switch k := l.class(need); {
		case k == classBusy:
			r.Busy++
			if s.At < l.stream {
				r.Streams++
			}
		case k == classInUse && (h != nil || s.At-l.outAt < need):
			r.InUse++
		default:
			r.Quiet++
		}
	})
	d.countLost(r)
}

// leave reports whether a process that has the connection ends it by itself.
func (d *Drain) leave(c *conn) bool {
	return d.cfg.Leave != nil && slices.ContainsFunc(c.holders, func(h holder) bool { return d.cfg.Leave(h.pid) })
}

// whole reports whether the newest answer of every connection was found whole, and nothing has moved since.
func (d *Drain) whole() bool {
	for _, c := range d.conns {
		if !c.state.whole && c.state.speaks != protoWebSocket {
			return false
		}
	}
	return true
}

// examine finds out whether the newest answers of parked connections are whole: those of a program that gets
// no processor, or is stopped, only look so.
func (d *Drain) examine(e observer) {
	whole := true
	e.look(d.conns, func(c *conn, s sample, h control) {
		l := &c.state
		if whole && !l.whole && l.speaks != protoWebSocket {
			l.whole = h == nil || l.rested || d.now()-l.outAt > recentFor || same(l.last, s) && l.certain(h.activity)
			whole = l.whole
		}
	})
}

// act does what was decided and reports whether the connection was ended.
func (d *Drain) act(l *connState, h control, what action) bool {
	done := true
	switch what {
	case actCork:
		done = h.cork(true)
	case actPush, actPushWhole:
		done = (what == actPush || l.certain(h.activity)) && h.push()
	case actUncork:
		done = h.cork(false)
	case actFinish:
		return l.certain(h.activity) && h.finish(l.last)
	}
	if done {
		l.done(what)
	}
	return false
}

// countLost handles connections that no process has any more. Nearly always the program has closed them. But
// one may be on its way between processes (a cluster's primary passes accepted sockets to its workers): then
// it counts as busy until it is found or ends, but at most lostFor, because its new process may be none of
// the generation.
func (d *Drain) countLost(r *Report) {
	now := d.now()
	for cookie, c := range d.conns {
		switch {
		case c.lostSince == 0:
			continue
		case c.lostSince < 0:
			c.lostSince = now
		}
		if now-c.lostSince > lostFor || !stillOpen(c) {
			delete(d.conns, cookie)
			delete(d.held, cookie)
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

// letGo sends every answer that is held back, and has all input wake the program.
func (d *Drain) letGo(e observer) {
	for range letGoMost {
		left := false
		e.look(d.conns, func(c *conn, _ sample, h control) {
			if h == nil {
				return
			}
			if c.state.corked {
				c.state.corked = !h.cork(false)
			}
			d.release(c, h)
			left = left || c.state.corked || c.state.held
		})
		if !left {
			return
		}
		time.Sleep(lookEvery)
	}
}

// pause returns the time to the next look. Looking takes at most a fifth of a processor.
func (d *Drain) pause(r Report, cost time.Duration) time.Duration {
	every := lookEvery
	if d.stopping.Load() && r.idle() {
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

// patience returns when patience ends, since the drain began.
func (d *Drain) patience(ctx context.Context) time.Duration {
	if d.cfg.Patience > 0 {
		return d.cfg.Patience
	}
	if end, ok := ctx.Deadline(); ok {
		return d.now() + time.Until(end)/2
	}
	return 5 * time.Second
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
	told := d.cfg.SelfReported
	if told == nil {
		told = func(int, uint16) bool { return false }
	}
	if d.cfg.CanGetFD {
		return newPidfdObserver(portsOf(d.cfg.Endpoints), told), nil
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
