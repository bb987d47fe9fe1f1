package machine

import (
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// A person may read an answer for minutes: that of a language model, a download. So an old generation whose answers
// are being sent and read stays longer than one that is merely busy. It costs a process, so the number of such
// generations, or their time, is limited; and it never keeps waiting what waits for its end.

const (
	// maxStays is how many generations may stay while files are watched.
	maxStays = 3
	// maxDraining is how many generations may drain without an end in sight.
	maxDraining = 32
)

// timeIsUp ends the time that a drain has: g is told to stop, unless it may stay.
func (m *Machine) timeIsUp(g *Generation) {
	d, until := &g.Draining, time.Time{}
	if t := m.policy.StreamTimeout; t > 0 {
		until = d.Since.Add(t)
	}
	switch {
	case !d.Stays && d.Flowing > 0 && m.mayStay(g) && (until.IsZero() || until.After(g.Kill)):
		if d.Stays, g.Kill = true, until; !until.IsZero() {
			d.Stop = until.Add(-m.policy.KillGrace())
		}
		m.out.Emit(report.NoticeStays{Gen: g.Gen, Answers: d.Flowing, After: m.now.Sub(d.Since)})
		if m.policy.Watching {
			m.stopOldest(maxStays, report.CutFourth, (*Generation).stays)
		}
	case d.Stays && !until.IsZero() && !g.Kill.Before(until):
		m.cut(g, report.CutStreamTimeout)
	default:
		m.cut(g, report.CutDrainTimeout)
	}
}

// stays reports whether g lives on for answers.
func (g *Generation) stays() bool { return g.Draining.Stays && g.Sent == SentNone }

// mayStay reports whether nothing waits for the end of g. Without a successor g gets new requests, or the next one waits.
func (m *Machine) mayStay(g *Generation) bool {
	alone := m.build.OwnsAll() || m.requested != nil && m.policy.Strategy == StopFirst
	return g.Draining.Successor != 0 && !m.stopping && !alone
}

// stayNoLonger gives the generations that stay the time that any drain has, from now on, if something waits for their
// end.
func (m *Machine) stayNoLonger() {
	for _, g := range m.gens {
		if g.stays() && !m.mayStay(g) {
			g.Draining.Stays = false
			m.endIn(g, m.policy.DrainTimeout)
		}
	}
}

// flowing notes how many answers of g are being sent and read. If g stays and none is left, it gets a moment to show that
// nothing else is under way, and does not stay for later ones.
func (m *Machine) flowing(g *Generation, ev Flowing) {
	g.Draining.Flowing = ev.Answers
	if ev.Answers == 0 && g.stays() {
		m.endIn(g, 2*m.policy.KillGrace())
	}
}

// cut tells g to stop, although something is under way.
func (m *Machine) cut(g *Generation, why report.Cut) {
	g.Draining.Stop = time.Time{}
	m.stopSignal(g, why)
	m.killSoon(g)
}

// stopOldest tells the oldest generation that lasts to stop, if more than most do.
func (m *Machine) stopOldest(most int, why report.Cut, lasts func(*Generation) bool) {
	lasting := slices.DeleteFunc(slices.Clone(m.gens), func(g *Generation) bool { return !lasts(g) })
	if len(lasting) > most {
		m.cut(lasting[0], why)
	}
}
