package engine

import (
	"context"

	"github.com/hotswap-dev/hotswap/handoff/drain"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// drainer makes handoff/drain the supervisor's, and asks the adapters of handoff/node
// first.
func drainer(adapters *node.Transport, p parting) supervisor.Drainer {
	return func(r supervisor.DrainRequest) supervisor.Drain {
		cfg := drain.Config{
			Endpoints: r.Endpoints, Tree: r.Tree, Waiting: r.Waiting, Patience: r.Patience,
			CanGetFD: drain.CanGetFD(r.Tree()),
		}
		a := adapters.Of(r.Gen)
		if a == nil {
			return drainAdapter{drain.New(cfg)}
		}
		cfg.SelfReported = a.Tells
		return &nodeDrain{outside: drain.New(cfg), adapters: a, manner: p.manner(r)}
	}
}

type drainAdapter struct{ *drain.Drain }

func (d drainAdapter) Run(ctx context.Context, report func(supervisor.DrainReport)) error {
	_, err := d.Drain.Run(ctx, func(r drain.Report) { report(reportOf(r, node.State{})) })
	return err
}
