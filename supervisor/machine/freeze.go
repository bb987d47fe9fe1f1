package machine

import "github.com/hotswap-dev/hotswap/supervisor/report"

// Generations are numbered by one counter, the machine's. A hotswap that upgrades this one begins the next generation,
// so the number of that generation is given away: also if the upgrade fails, no generation here gets that number. Until
// it is known which hotswap goes on, nothing begins here, since the other one counts on from that number.

// giveNumbers answers the callers that wait for a number, once there is no standby.
func (m *Machine) giveNumbers() {
	if !m.standby.Quiet() {
		return
	}
	for _, t := range m.numbers {
		m.last++
		m.barred = true
		m.out.Answer([]report.Token{t}, report.Result{Outcome: report.OutcomeNumber, Gen: m.last})
	}
	m.numbers = nil
}

// release leaves the clients to the other hotswap.
func (m *Machine) release() {
	m.beginShutdown(m.code)
	if g := m.serving(); g != nil {
		m.retire(g, m.last)
	}
	m.end(m.code)
}
