package supervisor

// stop drains and ends. A second stop is no more than the first; the one who
// asks decides when to ask for [cmdStopNow].
func (m *machine) stop(tokens []token) {
	m.stopTokens = append(m.stopTokens, tokens...)
	if m.stopping {
		return
	}
	m.end(0)
	m.tell(NoticeStopping{Alive: len(m.gens)})
}

// quit is a stop that nobody asked for.
func (m *machine) quit(code int) {
	m.end(code)
	m.tellEnd()
}

// tellEnd tells what is waited for, if anything is.
func (m *machine) tellEnd() {
	alive := 0
	for _, g := range m.gens {
		if g.State == StateDraining {
			alive++
		}
	}
	if alive > 0 {
		m.tell(NoticeStopping{Alive: alive})
	}
}

// end lets everything drain, and hotswap end with that code then.
func (m *machine) end(code int) {
	m.wind(code)
	if c := m.canary(); c != nil {
		m.withdraw(c, Result{Outcome: OutcomeStopping, Gen: c.ID})
	}
	alone := m.serving() == nil
	for _, g := range m.gens {
		switch g.State {
		case StateStarting:
			m.abandon(g, Result{Outcome: OutcomeStopping, Gen: g.ID})
			if alone {
				m.finishFirst(g)
				continue
			}
			m.stopSignal(g)
			g.due.kill = m.after(m.policy.KillGrace)
		case StateServing:
			m.retire(g, 0)
		case StateHeld:
			m.retire(g, g.SucceedBy)
		}
	}
}

// stopNow kills everything and ends.
func (m *machine) stopNow(tokens []token, code int) {
	m.stopTokens = append(m.stopTokens, tokens...)
	m.cool(true)
	m.wind(code)
	m.halt(true)
	for _, g := range m.gens {
		switch g.State {
		case StateStarting:
			m.abandon(g, Result{Outcome: OutcomeStopping, Gen: g.ID})
		case StateReady, StateServing, StateHeld:
			m.answer(g.tokens, Result{Outcome: OutcomeStopping, Gen: g.ID})
			g.tokens = nil
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
	m.cool(false)
	m.forgoBuild(Result{Outcome: OutcomeStopping})
	m.temper()
	if m.pending != nil {
		m.answer(m.pending.tokens, Result{Outcome: OutcomeStopping})
		m.pending = nil
	}
}
