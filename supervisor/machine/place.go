package machine

import (
	"slices"
	"time"
)

// Place is the place of a generation.
type Place struct {
	Gen      GenID
	State    State
	Serving  bool      // it gets new connections, or it runs and listens nowhere
	Foremost bool      // it serves, or it starts while none serves
	Deadline time.Time // it is told to stop then in any case, or was and is killed then; zero: no time is set
}

// Places returns the places of all generations. before is what was returned last.
func (m *Machine) Places(before []Place) []Place {
	foremost := m.Foremost()
	out := make([]Place, 0, len(m.gens))
	for _, g := range m.gens {
		p := Place{Gen: g.Gen, State: g.State, Serving: g.State == StateServing || g.runs(), Foremost: g.Gen == foremost}
		i := slices.IndexFunc(before, func(o Place) bool { return o.Gen == g.Gen })
		switch {
		case g.State == StateDraining && g.Sent != SentNone && i >= 0:
			if p.Deadline = before[i].Deadline; p.Deadline.IsZero() { // it was told to stop, and what it heard counts
				p.Deadline = g.Kill
			}
		case g.State == StateDraining:
			p.Deadline = g.Draining.Stop
		case g.State == StateHeld && !m.policy.DrainForever && !g.Held.Until.IsZero():
			p.Deadline = g.Held.Until.Add(m.policy.DrainTimeout - m.policy.KillGrace())
		}
		out = append(out, p)
	}
	return out
}
