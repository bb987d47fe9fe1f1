package machine

import (
	"cmp"
	"time"
)

// deadline is a time at which a decision is due; zero: none is.
type deadline struct {
	name string // for stories
	gen  GenID  // 0: the machine's
	at   *time.Time
	do   func()
}

// deadlines returns the deadlines, in the order in which tick looks at them. One of a state is a field of the state's
// facts, because move forgets it with them. Each story shows a new deadline, but for those that usual (story_test.go)
// expects with an effect.
func (m *Machine) deadlines() []deadline {
	calm, expires := m.standby.Deadline(), m.standby.Expires()
	all := []deadline{
		{"restart", 0, &m.dueAt, func() {}}, // every step begins what is due
		{"healthy", 0, &m.healthyAt, m.backoff.Reset},
		{"stop", 0, &m.stopsAt, m.drainAll},
		{"standby", 0, &calm, func() { m.standby.Calm(m.aroundStandby()) }},
		{"credentials", 0, &expires, func() { m.standby.Expire(m.now) }},
	}
	for _, g := range m.gens {
		switch s := g.State.(type) {
		case *Starting:
			all = append(all,
				deadline{"ready", g.Gen, &s.ReadyUntil, func() { m.overdue(g, s) }},
				deadline{"settle", g.Gen, &s.Complete, func() { m.promote(g, s, cmp.Or(s.ReadyBy, "settle")) }},
				deadline{"lived", g.Gen, &s.Lived, func() { m.lived(g, s) }},
				deadline{"turn", g.Gen, &s.Spared, m.supersedeSpared})
		case *Reserve:
			all = append(all, deadline{"hold", g.Gen, &s.Until, func() { m.retire(g, 0) }})
		case *Draining:
			all = append(all, deadline{"stop", g.Gen, &s.Stop, func() { m.timeIsUp(g, s) }})
			if late := s.late(); m.hurries && m.now.Before(late) {
				all = append(all, deadline{"late", g.Gen, &late, func() {}}) // every step looks at streams
			}
		case *Serving, *Over:
		}
		all = append(all, deadline{"kill", g.Gen, &g.Kill, func() { m.kill(g) }})
	}
	return all
}

// after returns the time that lies that far from now.
func (m *Machine) after(d time.Duration) time.Time { return m.now.Add(d) }

// NextDeadline returns the earliest deadline; zero if there is none. The loop keeps one
// timer, which it sets to this time after each step.
func (m *Machine) NextDeadline() (next time.Time) {
	if m.ended {
		return next
	}
	for _, d := range m.deadlines() {
		if !d.at.IsZero() && (next.IsZero() || d.at.Before(next)) {
			next = *d.at
		}
	}
	return next
}

// tick acts on the first deadline that has passed, in a fixed order. If another one has
// passed too, the next deadline lies in the past, and the next tick comes at once.
func (m *Machine) tick() {
	for _, d := range m.deadlines() {
		if !d.at.IsZero() && !m.now.Before(*d.at) {
			*d.at = time.Time{}
			d.do()
			return
		}
	}
}
