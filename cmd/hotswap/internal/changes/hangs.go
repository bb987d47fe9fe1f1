package changes

import (
	"context"
	"errors"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/readiness"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/watch"
)

// askBehind asks a server that reloads its own sources for the URL of --ready behind each save of theirs, for the time of
// probation. If it leaves a question open, it is replaced, as one that has crashed would be.
func (c *Changes) askBehind(ctx context.Context, e Engine) {
	for e.Ask != nil {
		select {
		case <-ctx.Done():
			return
		case path := <-c.saves:
			l := lifeOf(e.Supervisor.Current())
			err := readiness.AskOn(ctx, handoff.GenID(l.gen), c.cfg.Probation, e.Ask, func(err error) bool { return errors.Is(err, readiness.ErrHangs) })
			if err != nil && l.healthy && lifeOf(e.Supervisor.Current()) == l {
				c.cfg.Report.Hangs(l.gen, err)
				e.Supervisor.Batch(supervisor.Change{Files: []string{watch.Relative(c.cfg.Root, path)}})
			}
		}
	}
}
