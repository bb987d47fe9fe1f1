package machine

import (
	"testing"

	"github.com/hotswap-dev/hotswap/supervisor/machine/policy"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// What was asked for, and ends twice with the same words while nothing serves, would end so again: a change is waited for.
func TestStorySameWords(t *testing.T) {
	p := dev
	p.Strategy = StopFirst
	broken := func(gen GenID, said string) []Event {
		return []Event{Started{Gen: gen, PID: 100 + int(gen)}, Exited{gen, crash, 0, said}, Gone{gen}}
	}
	alone := func(p Policy) *story {
		return serving(t, p).on(save("a.ts"), Drained{Gen: 1}).end(1, report.Exit{Signal: 15}).on(broken(2, "SyntaxError")...).quiet()
	}
	alone(p).on(broken(3, "SyntaxError")...).phase(report.PhaseWaiting).on(save("b.ts")).boot(4, portA).want(`
		0.000 3 ended: exit 1, 0 left
			! 3 failed: exited; wait
		0.000 batch b.ts
			start 4 change b.ts
		0.000 4 listens 127.0.0.1:4000
			cutover 4
			! 4 serves [4000] for change after 0s by listen, replaces 0, unserved []
	`)

	// Other words, or none, tell of something that passes; and with a limit of crashes, each counts.
	alone(p).on(broken(3, "TypeError")...).phase(report.PhaseRestarting)
	brittle := p
	brittle.MaxCrashes = 5
	alone(brittle).on(broken(3, "SyntaxError")...).phase(report.PhaseRestarting)
	// What has served and ends by itself may need something that comes back.
	s := serving(t, p).on(save("a.ts"), Drained{Gen: 1}).end(1, report.Exit{Signal: 15}).boot(2, portA)
	s.on(Exited{2, crash, 0, "ECONNREFUSED"}, Gone{2}).on(broken(3, "ECONNREFUSED")...).after(policy.Base).on(broken(4, "ECONNREFUSED")...).phase(report.PhaseRestarting)
}
