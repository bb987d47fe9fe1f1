package supervisor

import "time"

// stop drains and ends. A second stop does no more than the first; the caller decides when
// to use [cmdStopNow].
func (m *machine) stop(tokens []token) {
	m.stopTokens = append(m.stopTokens, tokens...)
	if m.stopping {
		return
	}
	m.end(0)
	m.tell(NoticeStopping{Alive: len(m.gens)})
}

// tellStopping tells what is waited for before hotswap ends, if anything is.
func (m *machine) tellStopping() {
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

// end lets everything drain. Then hotswap ends with that code.
func (m *machine) end(code int) {
	m.beginShutdown(code)
	alone := m.serving() == nil
	for _, g := range m.gens {
		switch g.State {
		case StateStarting:
			m.abandon(g, Result{Outcome: OutcomeStopping})
			if alone {
				m.finishFirst(g)
				continue
			}
			m.stopSignal(g)
			g.due.kill = m.after(m.policy.KillGrace)
		case StateServing:
			m.retire(g, 0)
		case StateHeld:
			m.retire(g, g.Successor)
		}
	}
}

// stopNow kills everything and ends.
func (m *machine) stopNow(tokens []token, code int) {
	m.stopTokens = append(m.stopTokens, tokens...)
	m.emit(m.standby.stop(true)...)
	m.beginShutdown(code)
	m.stopBuild(true)
	for _, g := range m.gens {
		switch g.State {
		case StateStarting:
			m.abandon(g, Result{Outcome: OutcomeStopping})
		case StateServing, StateHeld:
			m.move(g, StateDraining)
			g.DrainAt = m.now
		}
		m.kill(g)
	}
	m.tell(NoticeStopping{Alive: len(m.gens), Now: true})
}

// beginShutdown makes this the end: nothing starts any more, and when everything is gone
// the loop ends with that code.
func (m *machine) beginShutdown(code int) {
	m.stopping, m.code = true, code
	m.cancelRepair()
	m.emit(m.standby.stop(false)...)
	m.forgetBuilds(Result{Outcome: OutcomeStopping})
	m.standby.at = time.Time{}
	if m.requested != nil {
		m.answer(m.requested.tokens, Result{Outcome: OutcomeStopping})
		m.requested = nil
	}
}

// Generations are numbered by one counter, the machine's. A hotswap that upgrades this one
// begins the next generation, so the number of that generation is given away: also if the
// upgrade fails, no generation here gets that number. Until it is known which hotswap goes
// on, nothing begins here, since the other one counts on from that number.

// handOver ends the standby, which has the next number, and gives a number away when the
// standby is gone.
func (m *machine) handOver(tokens []token) {
	m.standby.paused = true
	m.handed = append(m.handed, tokens...)
	m.emit(m.standby.stop(false)...)
}

// giveNumbers answers the callers that wait for a number, once there is no standby.
func (m *machine) giveNumbers() {
	if !m.standby.quiet() {
		return
	}
	for _, t := range m.handed {
		m.last++
		m.away = true
		m.answer([]token{t}, Result{Outcome: OutcomeHandedOver, Gen: m.last})
	}
	m.handed = nil
}

// takeBack lets generations and standbys begin again.
func (m *machine) takeBack(tokens []token) {
	m.away = false
	m.standby.resume()
	m.answer(tokens, Result{Outcome: OutcomeTakenBack})
}
