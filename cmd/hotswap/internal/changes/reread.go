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

// watching is a watcher that runs.
type watching struct {
	*watch.Watcher
	cancel context.CancelFunc
	ended  chan struct{}
}

// start runs the watcher until ctx ends or stop is called.
func (c *Changes) start(ctx context.Context, all *sync.WaitGroup) {
	ctx, cancel := context.WithCancel(ctx)
	w := &watching{c.watcher.Load(), cancel, make(chan struct{})}
	c.runs = w
	w.AwaitCompiler(c.works)
	all.Go(func() {
		defer close(w.ended)
		if err := w.Run(ctx); err != nil {
			c.report.WatchFailed(err)
		}
	})
}

func (w *watching) stop() {
	w.cancel()
	<-w.ended
}

// project takes the project's file out of a batch, and goes by what it says now. It reports
// whether a generation starts because of that.
func (c *Changes) project(ctx context.Context, all *sync.WaitGroup, b *watch.Batch) (swap bool) {
	at := slices.IndexFunc(b.Changes, func(change watch.Change) bool { return change.Path == c.cfg.Project })
	if at < 0 || c.cfg.Reread == nil {
		return false
	}
	batch := b.Changes
	b.Changes = slices.Delete(slices.Clone(batch), at, at+1)
	since := after(batch) // before the file is read: a save after that counts anew
	r := c.cfg.Reread()
	if r == nil {
		return false
	}
	r.Config.Since = since
	w, err := r.Config.newWatcher(c.installs)
	if err != nil {
		r.Refuse(err)
		return false
	}
	c.explains.Store(&explainer{w, r.Config})
	c.runs.stop()
	latest(c.installs, installation{}) // the next one says it again
	c.cfg = r.Config
	c.watcher.Store(w)
	c.hold.took(0) // it counts anew
	c.steps.Store(r.Config.Steps)
	c.tracker.steps, c.filter.ruled = r.Config.Steps, r.Config.Steps.about
	r.Apply()
	c.start(ctx, all)
	c.tracker.move(w, r.Config.Since)
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
