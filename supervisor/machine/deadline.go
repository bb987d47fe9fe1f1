package machine

import (
	"cmp"
	"time"
)

// deadlines returns the times at which a decision about g is due; zero: none is. A move to another
// state clears all of them.
func (g *Generation) deadlines() []*time.Time {
	return []*time.Time{&g.Starting.ReadyUntil, &g.Starting.Settle, &g.Starting.Lived, &g.Starting.Turn, &g.Held.Until, &g.Draining.Stop, &g.Kill}
}

// after returns the time that lies that far from now.
func (m *Machine) after(d time.Duration) time.Time { return m.now.Add(d) }

// passed reports whether a deadline has passed, and clears such a deadline.
func (m *Machine) passed(at *time.Time) bool {
	if at.IsZero() || m.now.Before(*at) {
		return false
	}
	*at = time.Time{}
	return true
}

// NextDeadline returns the earliest deadline; zero if there is none. The loop keeps one
// timer, which it sets to this time after each step.
func (m *Machine) NextDeadline() time.Time {
	if m.ended {
		return time.Time{}
	}
	next := time.Time{}
	consider := func(at time.Time) {
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	consider(m.repairAt)
	consider(m.healthyAt)
	consider(m.stopsAt)
	consider(*m.standby.Deadline())
	for _, g := range m.gens {
		for _, at := range g.deadlines() {
			consider(*at)
		}
	}
	return next
}

// tick acts on the first deadline that has passed, in a fixed order. If another one has
// passed too, the next deadline lies in the past, and the next tick comes at once.
func (m *Machine) tick() {
	if m.passed(&m.repairAt) {
		r := *m.repair
		m.repair = nil
		m.request(r)
		return
	}
	if m.passed(&m.healthyAt) {
		m.backoff.Reset()
		return
	}
	if !m.stopsAt.IsZero() && !m.now.Before(m.stopsAt) {
		m.stop(nil, 0)
		return
	}
	if m.passed(m.standby.Deadline()) {
		m.standby.Calm(m.aroundStandby())
		return
	}
	for _, g := range m.gens {
		switch {
		case m.passed(&g.Starting.ReadyUntil):
			m.overdue(g)
		case m.passed(&g.Starting.Settle):
			m.promote(g, cmp.Or(g.Starting.ReadyBy, "settle"))
		case m.passed(&g.Starting.Lived):
			m.lived(g)
		case m.passed(&g.Starting.Turn):
			m.turnOver()
		case m.passed(&g.Held.Until):
			m.retire(g, g.Held.Successor)
		case m.passed(&g.Draining.Stop):
			m.timeIsUp(g)
		case m.passed(&g.Kill):
			m.kill(g)
		default:
			continue
		}
		return
	}
}
