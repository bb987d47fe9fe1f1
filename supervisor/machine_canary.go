package supervisor

import "slices"

// tried tells whether g, which is ready, is tried on a share of the new
// connections first: only beside a generation that is whole, and only for what
// somebody wished for. A replacement for one that is broken goes straight.
func (m *machine) tried(g *Generation) bool {
	s := m.serving()
	return m.policy.CanaryPercent > 0 && m.policy.Strategy == Overlap &&
		s != nil && !s.orphaned() && g.Cause.deliberate() && len(g.Endpoints) > 0
}

// try gives g its share, until its time is over.
func (m *machine) try(g *Generation) {
	g.ServingAt = m.now
	m.emit(fxCanary{gen: g.ID, percent: m.policy.CanaryPercent})
	g.due.canary = m.after(m.policy.CanaryTime)
	m.tell(NoticeCanary{
		Gen: g.ID, Cause: g.Cause, Files: slices.Clone(g.Files), Endpoints: slices.Clone(g.Endpoints),
		By: g.ReadyBy, Boot: m.now.Sub(g.StartedAt), Build: g.Build, Percent: m.policy.CanaryPercent, For: m.policy.CanaryTime,
	})
}

// canary is the generation that is tried, or nil. There is none unless another
// one serves.
func (m *machine) canary() *Generation { return m.in(StateReady) }

// listeningTried gives the canary its share of one more endpoint, or gate.
func (m *machine) listeningTried(g *Generation, ev genEvent) {
	l := ev.(evListening)
	fresh := m.listens(g, l)
	m.emit(fxCanary{gen: g.ID, percent: m.policy.CanaryPercent})
	if fresh {
		m.tell(NoticeListening{Gen: g.ID, Endpoint: l.endpoint, Debugger: l.debugger})
	}
}

// exitedTried gives a canary up that lost its main process. What is left of it
// has clients.
func (m *machine) exitedTried(g *Generation, ev genEvent) {
	m.noteExit(g, ev.(evExited))
	m.failCanary(g)
}

// failCanary takes everything back from a canary that has ended.
func (m *machine) failCanary(g *Generation) {
	s := m.serving()
	m.tally.Failed++
	g.Failed = true
	m.emit(fxCutover{gen: s.ID})
	s.RolledBackFrom = g.ID
	m.forgetRestart()
	if g.Left == 0 {
		m.move(g, StateFailed)
	} else {
		m.retire(g, s.ID)
	}
	m.tell(NoticeFailed{
		Gen: g.ID, Cause: g.Cause, Files: slices.Clone(g.Files), Why: WhyCanary, Exit: g.Exit,
		After: m.now.Sub(g.ServingAt), Next: Next{Kind: NextKeeps, Gen: s.ID},
	})
	m.answer(g.tokens, Result{Outcome: OutcomeFailed, Gen: g.ID, Why: WhyCanary, Exit: g.Exit})
	g.tokens = nil
}

// withdraw takes everything back from a canary that is no longer wanted; it has
// clients, so it drains.
func (m *machine) withdraw(g *Generation, r Result) {
	s := m.serving()
	m.emit(fxCutover{gen: s.ID})
	g.Rejected = true
	m.retire(g, s.ID)
	m.answer(g.tokens, r)
	g.tokens = nil
}
