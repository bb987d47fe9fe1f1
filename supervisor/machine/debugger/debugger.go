// Package debugger decides to which generation a debugger's endpoint leads: to the one that serves. The endpoint moves
// with the cutover, and back with a rollback. A boot that waits for its debugger (--inspect-brk) gets the endpoint as
// soon as it listens, because it would never be ready otherwise. When the endpoint moves, the debuggers' connections to
// other generations end, so that a debugger that attaches again finds the process that matters.
//
// The package is pure. The machine of generations owns the [Machine], and shares the list of effects.
package debugger

import (
	"maps"
	"slices"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/machine/internal/sum"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// What the loop is to do.
type (
	// Route steers a debugger's endpoint to the generation. The effect comes again when the generation listens there
	// anew.
	Route struct {
		sum.AnEffect
		Gen      report.GenID
		Endpoint handoff.Endpoint
	}

	// Close ends the connections that debuggers have to the generation at these endpoints, as far as possible.
	Close struct {
		sum.AnEffect
		Gen       report.GenID
		Endpoints []handoff.Endpoint
	}
)

// Program is what matters of a generation.
type Program struct {
	Gen     report.GenID
	At      []handoff.Endpoint // for debuggers
	Clients []handoff.Endpoint // for clients
	Boots   bool
	Waits   bool // for its debugger, which may be the program itself
	Serves  bool
}

// Machine decides about debuggers' endpoints. [New] returns one.
type Machine struct {
	Leads map[handoff.Endpoint]report.GenID // what each was steered to
	out   *sum.Effects
}

// New returns a machine that has steered nothing.
func New(out *sum.Effects) Machine {
	return Machine{Leads: map[handoff.Endpoint]report.GenID{}, out: out}
}

// Route steers every endpoint to the generation that it belongs to by now, and ends the connections to all others.
// Nothing else steers such an endpoint.
func (m *Machine) Route(all []Program) {
	for _, of := range all {
		for _, e := range of.At {
			to := belongs(e, all)
			if to == 0 || m.Leads[e] == to {
				continue
			}
			m.Leads[e] = to
			m.out.Emit(Route{Gen: to, Endpoint: e})
			for _, p := range all {
				if p.Gen != to && slices.Contains(p.At, e) {
					m.Close(p.Gen, []handoff.Endpoint{e})
				}
			}
		}
	}
}

// belongs returns the generation that an endpoint belongs to; 0: the one that it leads to by now, or none if clients
// are served there. Unless a boot waits, the endpoint stays with what serves until the cutover: a broken save must not
// cost a session on the process that works.
func belongs(e handoff.Endpoint, all []Program) (to report.GenID) {
	serves := false
	for _, p := range all {
		serves = serves || p.Serves
		if p.Serves && slices.Contains(p.Clients, e) {
			return 0
		}
		if p.Serves && slices.Contains(p.At, e) {
			to = p.Gen
		}
	}
	for _, p := range all {
		if p.Boots && (p.Waits || !serves) && slices.Contains(p.At, e) {
			return p.Gen
		}
	}
	return to
}

// Open notes one more gate at an endpoint, which has to be steered, too.
func (m *Machine) Open(gen report.GenID, e handoff.Endpoint) {
	if m.Leads[e] == gen {
		delete(m.Leads, e)
	}
}

// Close ends the debuggers' connections to a generation. Node does not end as long as a debugger is connected; and a
// process that stands at a breakpoint does not handle the stop signal.
func (m *Machine) Close(gen report.GenID, at []handoff.Endpoint) {
	if len(at) > 0 {
		m.out.Emit(Close{Gen: gen, Endpoints: at})
	}
}

// Forget drops a generation that is gone.
func (m *Machine) Forget(gen report.GenID) {
	maps.DeleteFunc(m.Leads, func(_ handoff.Endpoint, to report.GenID) bool { return to == gen })
}
