package machine

// Place is the place of a generation.
type Place struct {
	Gen      GenID
	State    State
	Serving  bool // it gets new connections, or it runs and listens nowhere
	Foremost bool // it serves, or it starts while none serves
}

// Places returns the places of all generations.
func (m *Machine) Places() []Place {
	foremost := m.Foremost()
	out := make([]Place, 0, len(m.gens))
	for _, g := range m.gens {
		out = append(out, Place{Gen: g.Gen, State: g.State, Serving: g.State == StateServing || g.runs(), Foremost: g.Gen == foremost})
	}
	return out
}
