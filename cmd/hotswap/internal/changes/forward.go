package changes

import (
	"context"
	"maps"
	"slices"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes/loaded"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/watch"
)

// waiting is a change that the watcher has passed on and that no rule has seen yet.
type waiting struct {
	watch.Change
	// ready says that a generation starts for the change as soon as swaps are possible and not paused. Other changes are
	// decided when the newest generation serves or has answered.
	ready bool
}

// forward hands changes to the supervisor until ctx ends.
func (c *Changes) forward(ctx context.Context, e Engine) {
	s := e.Supervisor
	var life loaded.Life // for which the changes were decided
	paused := false
	now := make(chan struct{})
	close(now)
	var stirred chan struct{} // now: changes that wait may go on; nil: they may not
	for {
		st := s.Status()
		if l, p := phaseOf(st), st.Paused != nil; l != life || p != paused {
			life, paused, stirred = l, p, now
		}
		batches := c.watcher.Batches()
		if paused {
			batches = nil // the watcher's batch grows, and loses what is undone
		}
		select {
		case <-ctx.Done():
			return
		case <-st.Changed:
			continue
		case b := <-batches:
			c.receive(b)
		case r := <-c.tracker.reports:
			c.tracker.index.Set(r)
		case answer := <-c.queries:
			answer(s.Current())
			continue
		case <-stirred:
		}
		stirred = nil
		c.decide(ctx, s.Status())
		ready := c.all(true)
		c.ready.Store(int64(len(ready)))
		if len(ready) == 0 || s.Status().Paused != nil {
			continue
		}
		leave, ok := e.Enter(ctx)
		if !ok {
			return // the hotswap that replaces this one compares the files anew
		}
		if s.Status().Paused == nil {
			c.cfg.Steps.apply(ctx, e, c.cfg.Report, ready)
			for _, change := range ready {
				delete(c.waiting, change.Path)
			}
			c.ready.Store(0)
		}
		leave()
	}
}

// receive notes the changes of a batch. A ready change stays ready: the generation that starts for it reads the newer content.
func (c *Changes) receive(b watch.Batch) {
	for _, change := range b.Changes {
		if change.Path == c.cfg.Project {
			c.cfg.Report.ProjectChanged(change.Rel)
			continue
		}
		c.waiting[change.Path] = waiting{change, c.waiting[change.Path].ready}
		if c.cfg.Saved != nil {
			c.cfg.Saved(change.Path)
		}
	}
}

// decide decides about the changes that are not ready, as far as it can.
func (c *Changes) decide(ctx context.Context, st report.Status) {
	open := c.all(false)
	var later map[string]bool
	now := open
	if len(open) > 0 {
		now, later = c.tracker.batch(ctx, st, open)
	}
	now = c.filter.batch(st, now)
	for _, change := range open {
		if !later[change.Path] {
			delete(c.waiting, change.Path)
		}
	}
	for _, change := range now {
		c.waiting[change.Path] = waiting{change, true}
	}
}

// all returns, sorted, the changes that wait and are ready, or those that are not.
func (c *Changes) all(ready bool) (changes []watch.Change) {
	for _, path := range slices.Sorted(maps.Keys(c.waiting)) {
		if w := c.waiting[path]; w.ready == ready {
			changes = append(changes, w.Change)
		}
	}
	return changes
}
