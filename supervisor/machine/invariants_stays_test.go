package machine

import "time"

// staysAudit is what the auditor knows of answers that are being sent and read.
type staysAudit struct {
	answers map[GenID]int       // of the draining generations that have some
	idle    map[GenID]bool      // nothing was under way
	paused  map[GenID]bool      // after the time that any drain has, no answer flowed
	since   map[GenID]time.Time // the drain began
}

func newStaysAudit() staysAudit {
	return staysAudit{answers: map[GenID]int{}, idle: map[GenID]bool{}, paused: map[GenID]bool{}, since: map[GenID]time.Time{}}
}

// heard notes what is reported of a drain.
func (a *staysAudit) heard(p Policy, now time.Time, ev Event) {
	switch ev := ev.(type) {
	case Observed:
		if a.answers[ev.Gen] = ev.Report.Flowing; ev.Report.Flowing == 0 {
			delete(a.answers, ev.Gen)
			a.paused[ev.Gen] = !now.Before(a.since[ev.Gen].Add(p.DrainTimeout - p.KillGrace()))
		}
		a.idle[ev.Gen] = a.idle[ev.Gen] || ev.Report.Idle || ev.Over
	}
}

// awaited reports whether something waits until no old generation is left.
func (a *auditor) awaited(m *Machine) bool {
	return a.stopped || m.build.OwnsAll() || m.policy.Strategy == StopFirst
}

// cutShort checks that a generation with answers that are being sent and read is not told to stop before its time, unless
// something waits for its end, or too many others stay.
func (a *auditor) cutShort(m *Machine, now time.Time, gen GenID) {
	since, drains := a.flows.since[gen]
	g := m.generation(gen)
	if g == nil || !drains || a.flows.answers[gen] == 0 || a.flows.idle[gen] || a.flows.paused[gen] || a.awaited(m) {
		return
	}
	if d, ok := g.State.(*Draining); !ok || d.Successor == 0 {
		return
	}
	p := m.policy
	usual, most := since.Add(p.DrainTimeout-p.KillGrace()), since.Add(max(p.DrainTimeout, p.StreamTimeout)-p.KillGrace())
	newer, draining := 0, 0
	for _, o := range m.gens {
		if !is[*Draining](o) || o.Gen == gen {
			continue
		}
		draining++
		if a.flows.answers[o.Gen] > 0 && !now.Before(a.flows.since[o.Gen].Add(p.DrainTimeout-p.KillGrace())) {
			newer++
		}
	}
	tooMany := p.Watching && newer >= maxStays && !now.Before(usual) || draining >= maxDraining
	a.want(tooMany || p.StreamTimeout > 0 && !now.Before(most), "generation %d, with %d answers that flow, is told to stop %v after its drain began",
		gen, a.flows.answers[gen], now.Sub(since))
}

// stays checks that no generation lives longer than it may.
func (a *auditor) stays(m *Machine, now time.Time) {
	p, count := m.policy, 0
	for _, g := range m.gens {
		d, ok := g.State.(*Draining)
		since, drains := a.flows.since[g.Gen]
		if !drains || !ok || p.DrainForever || g.Sent != SentNone {
			continue
		}
		most := since.Add(p.DrainTimeout)
		if d.Stays {
			count++
			a.want(d.Successor != 0 && !a.stopped && !m.build.OwnsAll(), "generation %d stays, and something waits for its end", g.Gen)
			a.want(m.due == nil || p.Strategy != StopFirst, "generation %d stays, and the next one waits for its end", g.Gen)
			if most = since.Add(max(p.DrainTimeout, p.StreamTimeout)); p.StreamTimeout == 0 && a.flows.answers[g.Gen] > 0 {
				continue
			} else if p.StreamTimeout == 0 {
				most = now.Add(2 * p.KillGrace()) // its answers have ended
			}
		} else if a.stopped || a.awaited(m) || m.due != nil {
			most = now.Add(p.DrainTimeout) // it may have stayed until now
		}
		a.want(!g.Kill.After(most), "generation %d lives until %v after its drain began", g.Gen, g.Kill.Sub(since))
	}
	a.want(!p.Watching || count <= maxStays, "%d generations stay", count)
}
