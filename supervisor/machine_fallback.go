package supervisor

import "slices"

// fallBack steers back to the generation that served before: the one that is
// held, or the newest that drains and has not been told to stop. A start that is
// under way or due would undo it, and is given up, and so is a build.
func (m *machine) fallBack(tokens []token) {
	if c := m.canary(); c != nil {
		m.rollbackCanary(c, tokens)
		return
	}
	g, to := m.serving(), m.previous()
	if to == nil {
		m.tell(NoticeNoRollback{})
		m.answer(tokens, Result{Outcome: OutcomeNothing})
		return
	}
	n := NoticeRolledBack{To: to.ID, Endpoints: slices.Clone(to.Endpoints), ByHand: true}
	if g != nil {
		m.forgetStarts(to.ID)
		g.Rejected = true
		n.Gen, n.Served = g.ID, m.now.Sub(g.ServingAt)
		m.steerBack(g, to)
	} else { // it has crashed
		n.Gen = m.tally.swapGen
		m.serveAgain(to, n.Gen)
		m.forgetStarts(to.ID)
	}
	m.backoff.reset()
	m.tell(n)
	m.answer(tokens, Result{Outcome: OutcomeRolledBack, Gen: to.ID})
}

// rollbackCanary is the rollback of a generation that has only a share.
func (m *machine) rollbackCanary(c *Generation, tokens []token) {
	s := m.serving()
	m.forgetStarts(s.ID)
	m.withdraw(c, Result{Outcome: OutcomeSuperseded, Gen: c.ID, By: s.ID})
	s.RolledBackFrom = c.ID
	m.tell(NoticeRolledBack{
		Gen: c.ID, To: s.ID, Served: m.now.Sub(c.ServingAt), Endpoints: slices.Clone(s.Endpoints), ByHand: true,
	})
	m.answer(tokens, Result{Outcome: OutcomeRolledBack, Gen: s.ID})
}

// previous is the generation that could serve again instead of the one that
// does, or did until it crashed; or nil.
func (m *machine) previous() *Generation {
	if h := m.held(); h != nil {
		return h
	}
	before := m.last
	if s := m.serving(); s != nil {
		before = s.ID
	} else if m.policy.Strategy == StopFirst {
		return nil // its place is being made free
	}
	for _, g := range slices.Backward(m.gens) {
		if g.ID < before && g.untold() && !g.Rejected && len(g.Endpoints) > 0 {
			return g
		}
	}
	return nil
}

// untold tells that g, which served, drains and knows nothing of it: it is as
// good as ever.
func (g *Generation) untold() bool {
	return g.State == StateDraining && g.served() && !g.Exited && !g.StopSent && !g.Killed
}

// forgetStarts gives up every start that is under way or due, and every build, in
// favour of by.
func (m *machine) forgetStarts(by GenID) {
	if g := m.starting(); g != nil {
		m.dismiss(g, by)
	}
	for _, w := range []*want{m.pending, m.restart} {
		if w != nil {
			m.answer(w.tokens, Result{Outcome: OutcomeSuperseded, By: by})
		}
	}
	m.pending = nil
	m.cancelRestart()
	m.forgoBuild(Result{Outcome: OutcomeSuperseded, By: by})
}
