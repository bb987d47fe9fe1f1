package changes

import (
	"context"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/watch"
)

// forward hands changes to the supervisor until ctx ends.
func (c *Changes) forward(ctx context.Context, e Engine) {
	s := e.Supervisor
	for {
		st := s.Status()
		batches := c.watcher.Batches()
		if st.Paused != nil {
			batches = nil // the watcher's batch grows, and loses what is undone
		} else if len(c.waiting) > 0 {
			leave := e.Enter(ctx)
			if leave == nil {
				return // the hotswap that replaces this one compares the files anew
			}
			if s.Status().Paused == nil {
				c.Steps.apply(e, c.Report, c.waiting)
				c.wait(nil)
			}
			leave()
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-st.Changed:
		case b := <-batches:
			c.wait(c.judge(ctx, s.Status(), c.received(b)))
		case answer := <-c.queries:
			answer()
		}
	}
}

// received returns the changes of a batch that may concern the program.
func (c *Changes) received(b watch.Batch) (changes []watch.Change) {
	for _, change := range b {
		if change.Path == c.Project {
			c.Report.ProjectChanged(change.Rel)
			continue
		}
		if c.Steps.Output(change.Path) != nil {
			continue // one of a list with "!", which the watcher does not leave out
		}
		changes = append(changes, change)
		if c.Saved != nil {
			c.Saved(change.Path)
		}
	}
	return changes
}

// judge returns the changes for which rules decide.
func (c *Changes) judge(ctx context.Context, st report.Status, changes []watch.Change) []watch.Change {
	changes = c.filter.batch(st, changes)
	c.filter.remember(st, "", changes)
	if c.tracker.drops(ctx, lifeOf(st), changes) {
		c.Report.Ignored(NotLoaded, names(changes))
		c.filter.remember(st, NotLoaded, changes)
		return nil
	}
	if file := c.filter.loops(changes, time.Now(), c.engine.Load().Asked); file != "" {
		c.Report.Loops(file, inARow)
	}
	return changes
}

func (c *Changes) wait(changes []watch.Change) {
	c.waiting = changes
	c.ready.Store(int64(len(changes)))
}
