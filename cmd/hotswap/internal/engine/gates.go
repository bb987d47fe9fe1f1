package engine

import (
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// gates are the sockets of a hotswap that intercepts nothing: those of --listen and of a socket activator, of which
// each generation has its own, and others at which the generations take turns.
type gates struct {
	none
	turns turns
}

// turns are sockets that programs ask for, or that of the proxy.
type turns interface {
	Endpoints(gen handoff.GenID) []handoff.Endpoint
	Cutover(gen handoff.GenID) ([]handoff.Endpoint, time.Duration)
	Queue(gen handoff.GenID) (parked bool)
	CloseUnserved()
	Queues(each func(e handoff.Endpoint, fd int)) (waits bool)
	Close()
}

func (g gates) GenerationEnded(gen handoff.GenID) {
	g.turns.Queue(gen)
	g.Registry.GenerationEnded(gen)
}

func (g gates) Endpoints(gen handoff.GenID) []handoff.Endpoint {
	return slices.Concat(g.Registry.Endpoints(gen), g.turns.Endpoints(gen))
}

func (g gates) Cutover(gen handoff.GenID) ([]handoff.Endpoint, time.Duration, error) {
	own, took, err := g.Registry.Cutover(gen)
	all, more := g.turns.Cutover(gen)
	return slices.Concat(own, all), took + more, err
}

func (g gates) QueueConnections(gen handoff.GenID) (parked bool, err error) {
	waits := g.turns.Queue(gen)
	parked, err = g.Registry.QueueConnections(gen)
	return parked || waits, err
}

func (g gates) CloseUnserved() {
	g.Registry.CloseUnserved()
	g.turns.CloseUnserved()
}

func (g gates) Queues(each func(handoff.Endpoint, int)) bool {
	g.Registry.Queues(each)
	return g.turns.Queues(each)
}

func (g gates) Close() {
	g.Registry.Close()
	g.turns.Close()
}
