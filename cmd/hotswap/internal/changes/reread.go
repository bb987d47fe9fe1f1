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
	Config Config      // Root and Watch must be those of before
	Swap   bool        // a generation starts because of it
	Apply  func()      // makes the rest of hotswap go by it
	Refuse func(error) // is called in the place of Apply: the configuration is wrong
}

// reread goes by what the project's file says now, if a batch has it. It reports whether a
// generation starts because of that.
func (c *Changes) reread(ctx context.Context, all *sync.WaitGroup, batch []watch.Change) (swap bool) {
	cfg := c.current.Load().cfg
	if cfg.Reread == nil || !slices.ContainsFunc(batch, func(change watch.Change) bool { return change.Path == cfg.Project }) {
		return false
	}
	since := after(batch) // before the file is read: a save after that counts anew
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
	c.receive(watch.Batch{}, r.Config) // it counts its batches anew
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
