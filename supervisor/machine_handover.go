package supervisor

// Numbers are given by one counter, the machine's. A hotswap that upgrades this one
// begins the next generation, so its number is given away: also if the upgrade fails,
// no generation here gets it again. As long as it is not known who goes on, nothing
// begins here, since the other hotswap counts on from that number.

// handOver ends the standby, which has the next number, and gives that number away
// when the standby is gone.
func (m *machine) handOver(tokens []token) {
	m.standbys.paused = true
	m.handed = append(m.handed, tokens...)
	m.cool(false)
}

// handNumbers answers those who wait for a number, once there is no standby. A start
// that comes before takes the standby, and its number.
func (m *machine) handNumbers() {
	if m.standbys.standby != nil {
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
	if m.standbys.paused {
		m.standbys.paused = false
		m.standbys.due = m.standbys.due || m.standbys.standby == nil
	}
	m.answer(tokens, Result{Outcome: OutcomeTakenBack})
}
