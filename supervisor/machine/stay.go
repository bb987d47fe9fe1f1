package machine

import (
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/machine/policy"
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

// timeIsUp ends the time that a drain has: g is told to stop, unless it may stay. If it was told already, so is now
// each process of it that one above was to tell.
func (m *Machine) timeIsUp(g *Generation, d *Draining) {
	if g.Sent == SentStop {
		m.out.Emit(Signal{Gen: g.Gen})
		return
	}
	until := time.Time{}
	if t := m.policy.StreamTimeout; t > 0 {
		until = d.Since.Add(t)
	}
	switch {
	case !d.Stays && g.Drain.Observed.Report.Flowing > 0 && m.mayStay(d) && (until.IsZero() || until.After(g.Kill)):
		d.Stays, g.Kill = true, until
		if !until.IsZero() {
			d.Stop = until.Add(-m.policy.KillGrace())
		}
		m.out.Notify(report.NoticeStays{Gen: g.Gen, Answers: g.Drain.Observed.Report.Flowing,
			After: m.now.Sub(d.Since)})
		if m.policy.Watching {
			m.stopOldest(maxStays, (*Generation).stays)
		}
	case d.Stays && !until.IsZero() && !g.Kill.Before(until):
		m.cut(g, d, report.CutStreamTimeout)
	default:
		m.cut(g, d, report.CutDrainTimeout)
	}
}

// stays reports whether g, which drains, lives on for answers.
func (g *Generation) stays(d *Draining) bool { return d.Stays && g.Sent == SentNone }

// mayStay reports whether nothing waits for the end of a generation that drains. Without a successor the generation
// gets new connections, or the next one waits.
func (m *Machine) mayStay(d *Draining) bool {
	awaited := m.build.OwnsAll() || m.isDue() && m.policy.Strategy == policy.StopFirst
	return d.Successor != 0 && !m.stopping && !awaited
}

// stayNoLonger gives the generations that stay the time that any drain has, from now on, if something waits for their
// end.
func (m *Machine) stayNoLonger() {
	for _, g := range m.gens {
		if d, ok := g.State.(*Draining); ok && g.stays(d) && !m.mayStay(d) {
			m.endIn(g, d, m.policy.DrainTimeout)
		}
	}
}

// cut tells g to stop, although something is under way.
func (m *Machine) cut(g *Generation, d *Draining, why report.Cut) {
	d.Stop = time.Time{}
	m.stopSignal(g, d, why)
	m.killSoon(g)
}

// stopOldest tells the oldest generation that lasts to stop, if more than most do.
func (m *Machine) stopOldest(most int, lasts func(*Generation, *Draining) bool) {
	count, oldest, state := 0, (*Generation)(nil), (*Draining)(nil)
	for _, g := range slices.Backward(m.gens) {
		if d, ok := g.State.(*Draining); ok && lasts(g, d) {
			count, oldest, state = count+1, g, d
		}
	}
	if count > most {
		m.cut(oldest, state, report.CutLimit)
	}
}
