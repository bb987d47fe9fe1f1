package machine

import "github.com/hotswap-dev/hotswap/supervisor/report"

// Places returns the places of all generations.
func (m *Machine) Places() []report.Place {
	foremost := m.Foremost()
	out := make([]report.Place, 0, len(m.gens))
	for _, g := range m.gens {
		p := report.Place{Gen: g.Gen, State: g.State.name(), Foremost: g.Gen == foremost}
		switch g.State.(type) {
		case *Starting:
			if g.Lived { // a worker may wait for this word, and rest until then
				p.State = report.StateServing
			}
		case *Over:
			p.State = report.StateDraining // what is left of it
		case *Serving, *Held, *Draining:
		}
		p.Serving = p.State == report.StateServing
		out = append(out, p)
	}
	return out
}
