package changes

import (
	"context"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes/selfwrite"
	"github.com/hotswap-dev/hotswap/watch"
)

// forward hands batches to the supervisor until ctx ends.
func (c *Changes) forward(ctx context.Context, e Engine) {
	s, w := e.Supervisor, c.watcher
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	defer timer.Stop()
	for {
		var b watch.Batch
		select {
		case <-ctx.Done():
			return
		case b = <-w.Batches():
		case r := <-c.tracker.reports:
			c.tracker.learn(r)
		case <-c.tracker.stirred:
		case <-timer.C:
		}
		var v selfwrite.Verdict
		st := s.Current()
		if len(b.Changes) > 0 || len(c.tracker.pending) > 0 {
			b.Changes = c.tracker.batch(ctx, st, b.Changes)
		}
		v = c.filter.batch(st, b)
		if len(v.Swap) > 0 {
			if !e.Free(ctx) {
				return // the hotswap that replaces this one compares the files anew
			}
			c.steps.apply(e, c.report, v.Swap)
		}
		if timer.Stop(); !v.Again.IsZero() {
			timer.Reset(time.Until(v.Again))
		}
	}
}
