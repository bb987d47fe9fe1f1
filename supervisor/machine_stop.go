package supervisor

// stop drains and ends. A second stop is no more than the first; the one who
// asks decides when to ask for [cmdStopNow].
func (m *machine) stop(tokens []token) {
	m.stopTokens = append(m.stopTokens, tokens...)
	if m.stopping {
		return
	}
	m.wind(0)
	for _, g := range m.gens {
		switch g.State {
		case StateStarting:
			m.abandon(g, Result{Outcome: OutcomeStopping, Gen: g.ID})
			m.stopSignal(g)
			m.arm(g, timerKill, m.policy.KillGrace)
		case StateServing:
			m.retire(g, nil)
		}
	}
	m.tell(NoticeStopping{Alive: len(m.gens)})
}

// stopNow kills everything and ends.
func (m *machine) stopNow(tokens []token, code int) {
	m.stopTokens = append(m.stopTokens, tokens...)
	m.wind(code)
	for _, g := range m.gens {
		switch g.State {
		case StateStarting:
			m.abandon(g, Result{Outcome: OutcomeStopping, Gen: g.ID})
		case StateServing:
			m.move(g, StateDraining)
			g.DrainAt = m.now
		}
		m.kill(g)
	}
	m.tell(NoticeStopping{Alive: len(m.gens), Now: true})
}

// wind makes this the end: nothing starts any more, and when everything is gone
// the loop ends with that code.
func (m *machine) wind(code int) {
	m.stopping, m.code, m.waiting = true, code, false
	m.cancelRestart()
	if m.pending != nil {
		m.answer(m.pending.tokens, Result{Outcome: OutcomeStopping})
		m.pending = nil
	}
}
