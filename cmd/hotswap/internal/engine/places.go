package engine

import (
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/place"
)

// places tells the programs' server what the supervisor says.
type places struct{ *place.Server }

// Tell passes the places on.
func (p places) Tell(all []supervisor.Place) {
	out := make([]place.Place, 0, len(all))
	for _, g := range all {
		out = append(out, place.Place{Gen: g.Gen, State: stateOf(g), Serving: g.Serving, Foremost: g.Foremost})
	}
	p.Server.Tell(out)
}

// stateOf returns the state as docs/state.md names it.
func stateOf(p supervisor.Place) string {
	switch {
	case p.Serving:
		return place.Serving
	case p.State == supervisor.StateStarting:
		return place.Starting
	case p.State == supervisor.StateHeld:
		return place.Held
	}
	return place.Draining
}
