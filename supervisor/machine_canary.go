package supervisor

import "slices"

// canaryEligible reports whether g, which is ready, gets a share of the new connections
// first: only beside a generation that is whole, and only if g was asked for. A
// replacement for a generation that is broken is promoted at once.
func (m *machine) canaryEligible(g *Generation) bool {
	s := m.serving()
	return m.policy.CanaryPercent > 0 && m.policy.Strategy != StopFirst &&
		s != nil && !s.orphaned() && g.Cause.deliberate() && len(g.Endpoints) > 0
}

// try gives g its share, until its time is over.
func (m *machine) try(g *Generation) {
	g.ServingAt = m.now
	m.emit(fxCutover{gen: g.ID, percent: m.policy.CanaryPercent})
	g.due.canary = m.after(m.policy.CanaryTime)
	m.tell(NoticeCanary{
		Gen: g.ID, Cause: g.Cause, Files: slices.Clone(g.Files), Endpoints: slices.Clone(g.Endpoints),
		By: g.ReadyBy, Boot: m.now.Sub(g.StartedAt), Build: g.Build, Ran: g.Ran, Percent: m.policy.CanaryPercent, For: m.policy.CanaryTime,
	})
}

// exitedCanary gives up a canary that lost its main process. What is left of the canary
// has clients.
func (m *machine) exitedCanary(g *Generation, ev evExited) {
	m.noteExit(g, ev)
	m.failCanary(g)
}

// failCanary takes the share back from a canary that has ended.
func (m *machine) failCanary(g *Generation) {
	s := m.serving()
	m.tally.Failed++
	g.Failed = true
	m.emit(fxCutover{gen: s.ID})
	s.RolledBackFrom = g.ID
	m.forgetRepair()
	if g.Left == 0 {
		m.move(g, StateFailed)
	} else {
		m.retire(g, s.ID)
	}
	m.tell(NoticeFailed{
		Gen: g.ID, Cause: g.Cause, Files: slices.Clone(g.Files), Why: WhyCanary, Exit: g.Exit,
		After: m.now.Sub(g.ServingAt), Next: Next{Kind: NextKeeps, Gen: s.ID},
	})
	m.settle(g, Result{Outcome: OutcomeFailed, Why: WhyCanary, Exit: g.Exit})
}

// withdraw takes the share back from a canary that is no longer wanted. The canary has
// clients, so it drains.
func (m *machine) withdraw(g *Generation, r Result) {
	s := m.serving()
	m.emit(fxCutover{gen: s.ID})
	g.Failed = true
	m.retire(g, s.ID)
	m.settle(g, r)
}
