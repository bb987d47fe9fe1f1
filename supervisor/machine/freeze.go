package machine

import (
	"github.com/hotswap-dev/hotswap/supervisor/machine/internal/sum"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Generations are numbered by one counter, the machine's. A hotswap that upgrades this one begins the next generation,
// so the number of that generation is given away: also if the upgrade fails, no generation here gets that number. Until
// it is known which hotswap goes on, nothing begins here, since the other one counts on from that number.

type (
	// Freeze ends the standby and then gives the next generation's number away. Nothing begins from then until Thaw.
	// The answer has the number, and comes when the standby is gone.
	Freeze struct {
		sum.AnEvent
		Token report.Token
	}
	// Thaw lets generations and standbys begin again.
	Thaw struct{ sum.AnEvent }
	// Release: the generation whose number was given away serves. What is here drains and ends, also in the delay of a
	// stop, because new connections go to that generation.
	Release struct{ sum.AnEvent }
)

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
