package machine

import "github.com/hotswap-dev/hotswap/supervisor/report"

// Places returns the places of all generations.
func (m *Machine) Places() []report.Place {
	foremost := m.Foremost()
	out := make([]report.Place, 0, len(m.gens))
	for _, g := range m.gens {
		works := g.State == StateStarting && g.Lived // a worker may wait for this word, and rest until then
		p := report.Place{Gen: g.Gen, State: report.PlaceDraining, Serving: g.State == StateServing || works, Foremost: g.Gen == foremost}
		switch {
		case p.Serving:
			p.State = report.PlaceServing
		case g.State == StateStarting:
			p.State = report.PlaceStarting
		case g.State == StateHeld:
			p.State = report.PlaceHeld
		}
		out = append(out, p)
	}
	return out
}
