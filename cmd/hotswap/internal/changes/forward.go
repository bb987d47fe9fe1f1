package changes

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/changes/loaded"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/watch"
)

// waiting is a change that the watcher has handed out and that no rule has seen yet: it cannot
// be decided before the newest generation serves, or its swap is delayed, or changes are paused.
type waiting struct {
	watch.Change
	fresh bool // it is to be decided
	ready bool // a generation starts for it
}

// forward hands changes to the supervisor until ctx ends.
func (c *Changes) forward(ctx context.Context, e Engine, all *sync.WaitGroup) {
	s := e.Supervisor
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	defer timer.Stop()
	var life loaded.Life // for which the changes were decided
	restart := ""        // the project's file, if a generation starts because of it
	for {
		w, changed := c.current.Load(), s.Changed()
		if l := phaseOf(s.Status()); l != life {
			life = l
			latest(c.stirred, struct{}{})
		}
		select {
		case <-ctx.Done():
			return
		case <-changed:
			continue
		case b := <-w.Batches():
			c.receive(b, w.cfg)
			for _, change := range b.Changes {
				if w.cfg.Saved != nil {
					w.cfg.Saved(change.Path)
				}
			}
			if c.reread(ctx, all, b.Changes) {
				restart = filepath.Base(w.cfg.Project)
			}
		case i := <-c.installs: // after the batch of what was installed
			s.Installing(i.Limit, i.Own)
			continue
		case r := <-c.tracker.reports:
			c.tracker.learn(r)
		case answer := <-c.queries:
			answer(s.Current())
			continue
		case <-c.stirred:
		case <-timer.C:
		}
		w = c.current.Load()
		ready, again := c.decide(ctx, s.Current(), w.FollowsOutput())
		if timer.Stop(); !again.IsZero() {
			timer.Reset(time.Until(again))
		}
		if len(ready) == 0 && restart == "" {
			continue
		}
		leave, ok := e.Enter(ctx)
		if !ok {
			return // the hotswap that replaces this one compares the files anew
		}
		if !c.isPaused() {
			w.cfg.Steps.apply(ctx, e, c.report, ready, restart)
			c.passed(ready)
			restart = ""
		}
		leave()
	}
}

// receive notes the changes of a batch, but for that of the project's file, see reread.
func (c *Changes) receive(b watch.Batch, cfg Config) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, change := range b.Changes {
		if change.Path == cfg.Project && cfg.Reread != nil {
			continue
		}
		c.waiting[change.Path] = waiting{change, true, c.waiting[change.Path].ready}
	}
	c.seen = b.Seq
}

// decide returns the changes for which a generation starts, sorted, and when it has to be called
// again; zero: there is no need.
func (c *Changes) decide(ctx context.Context, st report.Status, output bool) (ready []watch.Change, again time.Time) {
	var fresh []watch.Change
	for _, path := range slices.Sorted(maps.Keys(c.waiting)) {
		if w := c.waiting[path]; w.fresh {
			fresh = append(fresh, w.Change)
		}
	}
	var later map[string]bool
	if len(fresh) > 0 {
		fresh, later = c.tracker.batch(ctx, st, fresh)
	}
	v := c.filter.batch(st, fresh, output)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, path := range slices.Sorted(maps.Keys(c.waiting)) {
		w := c.waiting[path]
		_, swap := slices.BinarySearch(v.Swap, w.Rel)
		_, delayed := slices.BinarySearch(v.Delayed, w.Rel)
		w.fresh, w.ready = later[path], w.ready || swap
		if w.ready {
			ready = append(ready, w.Change)
		}
		if c.waiting[path] = w; !w.fresh && !w.ready && !delayed {
			delete(c.waiting, path)
		}
	}
	return ready, v.Again
}

// passed notes that the rules have seen these changes.
func (c *Changes) passed(changes []watch.Change) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, change := range changes {
		if w := c.waiting[change.Path]; w.fresh {
			w.ready = false
			c.waiting[change.Path] = w
		} else {
			delete(c.waiting, change.Path)
		}
	}
}
