package machine

import (
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// State is where a generation is in its life, with the facts that hold only there: [*Starting],
// [*Serving], [*Reserve], [*Draining] or [*Over]. The package comment draws the states and their arrows.
type State interface {
	name() string // as hotswap status prints it
}

func (*Starting) name() string { return report.StateStarting }
func (*Serving) name() string  { return report.StateServing }
func (*Reserve) name() string  { return report.StateReserve }
func (*Draining) name() string { return report.StateDraining }

func (o *Over) name() string {
	if o.Failed {
		return report.StateFailed
	}
	return report.StateExited
}

// is reports whether a generation is in the state S.
func is[S State](g *Generation) bool {
	_, ok := g.State.(S)
	return ok
}

// find returns the oldest generation in the state S, and that state; nil, nil if there is none.
func find[S State](m *Machine) (_ *Generation, none S) {
	for _, g := range m.gens {
		if s, ok := g.State.(S); ok {
			return g, s
		}
	}
	return nil, none
}

// move changes the state of g along an arrow of the diagram (doc.go). The facts of the old state, deadlines too, are
// gone then.
func (m *Machine) move(g *Generation, to State) {
	m.standby.Leave(g.Gen)
	g.State, g.Kill = to, time.Time{}
}
