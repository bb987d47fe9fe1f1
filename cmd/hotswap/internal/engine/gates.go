package engine

import (
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/held"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
)

// gates are the sockets of a hotswap that intercepts nothing: those of --listen and of a socket activator, of which each
// generation has its own, and those that programs ask for, at which the generations take turns.
type gates struct {
	*reuseport.Registry
	held *held.Registry
}

func (g gates) GenerationEnded(gen handoff.GenID) {
	g.held.GenerationEnded(gen)
	g.Registry.GenerationEnded(gen)
}

func (g gates) Endpoints(gen handoff.GenID) []handoff.Endpoint {
	return slices.Concat(g.Registry.Endpoints(gen), g.held.Endpoints(gen))
}

func (g gates) Cutover(gen handoff.GenID) ([]handoff.Endpoint, time.Duration, error) {
	own, took, err := g.Registry.Cutover(gen)
	turns, more := g.held.Cutover(gen)
	return slices.Concat(own, turns), took + more, err
}

func (g gates) ParkConnections(gen handoff.GenID) (parked bool, err error) {
	waits := g.held.Park(gen)
	parked, err = g.Registry.ParkConnections(gen)
	return parked || waits, err
}

func (g gates) CloseUnserved() []handoff.Endpoint {
	return slices.Concat(g.Registry.CloseUnserved(), g.held.CloseUnserved())
}
