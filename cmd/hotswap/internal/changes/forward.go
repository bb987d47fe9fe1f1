package changes

import (
	"context"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes/selfwrite"
	"github.com/hotswap-dev/hotswap/watch"
)

// forward hands batches to the supervisor until ctx ends.
func (c *Changes) forward(ctx context.Context, e Engine, all *sync.WaitGroup) {
	s := e.Supervisor
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	defer timer.Stop()
	var swap []string // that nothing but the hold keeps from the supervisor
	for {
		var b watch.Batch
		var restart string // the project's file, if a generation starts because of it
		w := c.watcher.Load()
		select {
		case <-ctx.Done():
			return
		case b = <-w.Batches():
			c.inHand(swap, b.Changes...)
			c.hold.took(b.Seq)
			if c.hold.keeps(b) {
				w.Return()
				c.hold.took(b.Seq - 1)
				c.inHand(swap)
				continue
			}
			for _, change := range b.Changes {
				if c.cfg.Saved != nil {
					c.cfg.Saved(change.Path)
				}
			}
			if c.project(ctx, all, &b) {
				restart = filepath.Base(c.cfg.Project)
			}
		case i := <-c.installs: // after the batch of what was installed
			s.Installing(i.limit, i.own)
			continue
		case <-c.hold.opened:
			if w.Release() {
				continue // with what else may go on now
			}
		case r := <-c.tracker.reports:
			c.tracker.learn(r)
		case <-c.tracker.stirred:
		case answer := <-c.queries:
			answer(s.Current())
			continue
		case <-timer.C:
		}
		var v selfwrite.Verdict
		st := s.Current()
		if len(b.Changes) > 0 || len(c.tracker.pending) > 0 {
			b.Changes = c.tracker.batch(ctx, st, b.Changes)
		}
		v = c.filter.batch(st, b, w.FollowsOutput())
		if swap = union(swap, v.Swap); len(swap) > 0 || restart != "" {
			c.inHand(swap, b.Changes...)
			leave, ok := e.Enter(ctx)
			if !ok {
				return // the hotswap that replaces this one compares the files anew
			}
			steps, files := c.steps.Load(), swap
			if c.hold.adds(swap, steps.paths(swap)) {
				files = nil
			} else {
				swap = nil
			}
			if len(files) > 0 || restart != "" {
				steps.apply(ctx, e, c.report, files, restart)
			}
			leave()
		}
		c.delayed = v.Delayed
		c.inHand(swap)
		if timer.Stop(); !v.Again.IsZero() {
			timer.Reset(time.Until(v.Again))
		}
	}
}

// inHand notes how many changes the watcher has handed out and no rule has seen yet: these names, these
// changes, and those that are delayed.
func (c *Changes) inHand(names []string, changes ...watch.Change) {
	c.hold.owes(len(names) + len(changes) + len(c.delayed) + len(c.tracker.pending))
}

// union returns both lists as one, each file once.
func union(a, b []string) []string {
	if len(a) == 0 {
		return b
	}
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}
