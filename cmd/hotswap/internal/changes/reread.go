package changes

import (
	"context"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/watch"
)

// Reread is what the project's file says now.
type Reread struct {
	Config Config      // Root, Watch and Project must be those of before
	Swap   bool        // a generation starts because of it
	Apply  func()      // makes the rest of hotswap go by it
	Refuse func(error) // is called in the place of Apply: the configuration is wrong
}

// reread goes by what the project's file says now, if a batch has it. Until then the file waits.
func (c *Changes) reread(ctx context.Context, all *sync.WaitGroup, batch []watch.Change) {
	cfg := c.current.Load().cfg
	i := slices.IndexFunc(batch, func(change watch.Change) bool { return change.Path == cfg.Project })
	if i < 0 {
		return
	}
	swap := c.apply(ctx, all, cfg, after(batch))
	c.mu.Lock()
	defer c.mu.Unlock()
	if w := c.waiting[cfg.Project]; swap || w.ready {
		c.waiting[cfg.Project] = waiting{batch[i], true}
	} else {
		delete(c.waiting, cfg.Project)
	}
}

// apply reads the project's file and makes the watcher that it wants, which counts what has changed
// since then. It reports whether a generation starts because of that.
func (c *Changes) apply(ctx context.Context, all *sync.WaitGroup, cfg Config, since time.Time) (swap bool) {
	r := cfg.Reread()
	if r == nil {
		return false
	}
	r.Config.Since = since
	w, err := c.newWatcher(r.Config)
	if err != nil {
		r.Refuse(err)
		return false
	}
	c.stop()
	latest(c.installs, watch.Installation{}) // the next one says it again
	c.current.Store(&watched{w, r.Config})
	c.receive(watch.Batch{}) // it counts its batches anew
	r.Apply()
	c.start(ctx, all)
	latest(c.tracker.moved, since)
	return r.Swap
}

// after returns a time after the changes of a batch and before all that have not been reported
// yet. The next watcher counts what has changed since then, so that no save falls between the
// two.
func after(batch []watch.Change) time.Time {
	now, last := time.Now(), time.Time{}
	for _, change := range batch {
		if info, err := os.Stat(change.Path); err == nil && watch.ChangedAt(info).After(last) {
			last = watch.ChangedAt(info)
		}
	}
	if last.IsZero() || last.After(now) { // all files are gone, or one has a time to come
		return now
	}
	return last.Add(time.Nanosecond)
}
