package engine

import (
	"github.com/hotswap-dev/hotswap/handoff/drain"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

// lookAtKernel returns what the kernel shows of the processes that have no adapter. Where nobody serves until this
// generation has ended, everybody waits, and a shorter rest has to do.
func lookAtKernel(r run.DrainSpec, a *node.Session) (looker, error) {
	cfg := drain.Config{Endpoints: r.Endpoints, Tree: r.Tree, Waiting: r.Waiting, Relieved: r.Steered, Rest: drain.Rest}
	if r.StopFirst || !r.Steered && !r.Held {
		cfg.Rest = drain.RestOfLast
	}
	if a != nil {
		cfg.Told = a.Tells
	}
	w, err := drain.Open(cfg)
	if err != nil {
		return nil, err
	}
	return w, nil
}
