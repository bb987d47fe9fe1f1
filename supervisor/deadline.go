package supervisor

import (
	"cmp"
	"time"
)

// deadlines are the times at which a decision about a generation is due; zero: none
// is. A move to another state clears all of them.
type deadlines struct {
	ready  time.Time // starting: the generation should be ready by then
	settle time.Time // starting: it has not listened anew for long enough
	lived  time.Time // starting: it has run for a while without listening
	hold   time.Time // held: the newer generation has passed its probation
	stop   time.Time // draining: the stop signal is due, busy or not
	kill   time.Time // SIGKILL is due, or due again
}

func (d *deadlines) all() []*time.Time {
	return []*time.Time{&d.ready, &d.settle, &d.lived, &d.hold, &d.stop, &d.kill}
}

// after returns the time that lies that far from now.
func (m *machine) after(d time.Duration) time.Time { return m.now.Add(d) }

// passed reports whether a deadline has passed, and clears such a deadline.
func (m *machine) passed(at *time.Time) bool {
	if at.IsZero() || m.now.Before(*at) {
		return false
	}
	*at = time.Time{}
	return true
}

// nextDeadline returns the earliest deadline; zero if there is none. The loop keeps one
// timer, which it sets to this time after each step.
func (m *machine) nextDeadline() time.Time {
	if m.ended {
		return time.Time{}
	}
	next := time.Time{}
	consider := func(at *time.Time) {
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = *at
		}
	}
	consider(&m.repairAt)
	consider(&m.installing.until)
	consider(&m.standby.at)
	for _, g := range m.gens {
		for _, at := range g.due.all() {
			consider(at)
		}
	}
	return next
}

// tick acts on the first deadline that has passed, in a fixed order. If another one has
// passed too, the next deadline lies in the past, and the next tick comes at once.
func (m *machine) tick() {
	if m.passed(&m.repairAt) {
		r := *m.repair
		m.repair = nil
		m.request(r)
		return
	}
	if m.passed(&m.installing.until) {
		m.installing = installing{}
		return
	}
	if m.passed(&m.standby.at) {
		m.emit(m.standby.calm(m.now, m.surroundings())...)
		return
	}
	for _, g := range m.gens {
		switch {
		case m.passed(&g.due.ready):
			m.overdue(g)
		case m.passed(&g.due.settle):
			m.promote(g, cmp.Or(g.ReadySource, "settle"))
		case m.passed(&g.due.lived):
			m.lived(g)
		case m.passed(&g.due.hold):
			m.retire(g, g.Successor)
		case m.passed(&g.due.stop):
			m.stopSignal(g)
		case m.passed(&g.due.kill):
			m.kill(g)
		default:
			continue
		}
		return
	}
}
