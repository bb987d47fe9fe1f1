package machine

import (
	"cmp"
	"slices"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/machine/policy"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Status returns a snapshot that shares nothing the machine will change.
func (m *Machine) Status() report.Status {
	s := report.Status{State: m.phase(), StopsAt: m.stopsAt, Swaps: m.swaps, FailedSwaps: m.failedSwaps,
		Endpoints: []report.EndpointStatus{}, Generations: []report.GenerationStatus{}, Lives: m.lives(),
		Standby: m.standby.Status(), UnderWay: m.starting() != nil || m.due != nil || m.build.Busy()}
	open := func(list []handoff.Endpoint, debugger bool) {
		for _, e := range list {
			s.Endpoints = append(s.Endpoints, report.EndpointStatus{Network: e.Network, Address: e.Address(),
				Generation: s.Generation, Debugger: debugger})
		}
	}
	if g, serving := find[*Serving](m); g != nil {
		s.Generation, s.RolledBackFrom = g.Gen, serving.RolledBackFrom
		open(g.Serves, false)
		open(g.Debuggers, true)
	}
	if m.asleep != nil { // clients may come
		open(m.lastServed, false)
	}
	for _, g := range m.gens {
		r := g.Drain.Observed.Report
		gs := report.GenerationStatus{ID: g.Gen, PID: g.PID, State: g.State.name(), Started: g.Began,
			Overdue: g.Overdue && is[*Starting](g) && !g.Runs, Warm: g.Standby && g.served(),
			Connections: r.Connections, Streams: r.Streams, Settled: r.Settled,
			Rests: (is[*Reserve](g) || is[*Draining](g)) && g.served() && (g.Drain.Observed.Gen == 0 || r.Rests > 0)}
		if d, ok := g.State.(*Draining); ok && g.stays(d) && m.mayStay(d) {
			gs.StaysFor = r.Flowing
		}
		if is[*Starting](g) && s.Generation == 0 || is[*Serving](g) && (m.policy.Strategy == policy.StopFirst ||
			m.policy.ReadyAtStart) {
			s.Alone = g.Gen
		}
		if g.runs() {
			gs.State = report.PhaseRunning
		}
		if g.served() {
			gs.ReadyMS = new(g.Served.Sub(g.Began).Milliseconds())
		}
		s.Generations = append(s.Generations, gs)
	}
	if n := int(m.backoff); n >= report.LoopAfter && !m.stopping {
		s.CrashLoop = n
	}
	m.build.Report(&s)
	return s
}

// lives returns the histories of the newest generations and of all that may be alive, by number.
func (m *Machine) lives() []report.Life {
	out := slices.Clone(m.past)
	for _, g := range m.gens {
		out = append(out, g.life())
	}
	slices.SortFunc(out, func(a, b report.Life) int { return int(a.Gen - b.Gen) })
	return out
}

// phase is the state of the whole.
func (m *Machine) phase() string {
	switch {
	case m.ended:
		return report.PhaseStopped
	case m.stopping:
		return report.PhaseStopping
	case m.asleep != nil:
		return report.PhaseAsleep
	case m.serving() != nil:
		return report.PhaseServing
	case m.starting().runs():
		return report.PhaseRunning
	case m.starting() != nil, m.isDue(), m.build.Busy():
		return report.PhaseStarting
	case m.due != nil:
		return report.PhaseRestarting
	case m.last > m.before, m.build.Begun(): // only a change or a command begins anything
		return report.PhaseWaiting
	}
	return report.PhaseIdle
}

// Policy returns what was chosen, with a default for each zero, and the strategy of now.
func (m *Machine) Policy() Policy { return m.policy }

// Serving returns the generation that new connections are steered to; 0: none is.
func (m *Machine) Serving() GenID { return m.serving().id() }

// Starting returns the generation that boots; 0: none does.
func (m *Machine) Starting() GenID { return m.starting().id() }

// Building reports whether steps run, or wait until somebody needs a program that sleeps.
func (m *Machine) Building() bool { return m.build.Busy() || m.asleep != nil }

// Boots reports whether a generation boots, and is neither late nor waits for a debugger.
func (m *Machine) Boots(gen GenID) bool {
	g := m.starting()
	return g.id() == gen && g != nil && !g.Overdue && !g.Runs && !g.NeedsDebugger
}

// Foremost returns the generation that serves, else the one that starts; 0: neither is there.
func (m *Machine) Foremost() GenID { return cmp.Or(m.Serving(), m.Starting()) }

func (g *Generation) id() GenID {
	if g == nil {
		return 0
	}
	return g.Gen
}

// Places returns the places of all generations.
func (m *Machine) Places() []report.Place {
	foremost := m.Foremost()
	out := make([]report.Place, 0, len(m.gens))
	for _, g := range m.gens {
		p := report.Place{Gen: g.Gen, State: g.State.name(), Foremost: g.Gen == foremost}
		switch g.State.(type) {
		case *Starting:
			if g.Lived { // a worker may wait for this word, and rest until then
				p.State = report.StateServing
			}
		case *Over:
			p.State = report.StateDraining // what is left of it
		case *Serving, *Reserve, *Draining:
		}
		out = append(out, p)
	}
	return out
}
