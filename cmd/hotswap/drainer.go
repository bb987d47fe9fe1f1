package main

import (
	"context"

	"github.com/hotswap-dev/hotswap/handoff/drain"
	"github.com/hotswap-dev/hotswap/supervisor"
)

// drainer makes handoff/drain the supervisor's.
func drainer() supervisor.Drainer {
	return func(r supervisor.DrainRequest) supervisor.Drain {
		return drainAdapter{drain.New(drain.Config{
			Endpoints: r.Endpoints, Tree: r.Tree, Waiting: r.Waiting, Patience: r.Patience,
			CanGetFD: drain.CanGetFD(r.Tree()),
		})}
	}
}

type drainAdapter struct{ *drain.Drain }

func (d drainAdapter) Run(ctx context.Context, report func(supervisor.DrainReport)) error {
	_, err := d.Drain.Run(ctx, func(r drain.Report) {
		report(supervisor.DrainReport{
			Connections: r.Busy + r.InUse + r.Quiet, Busy: r.Busy + r.InUse,
			Waiting: r.Waiting, Finished: r.Finished, Closed: r.Closed,
		})
	})
	return err
}
