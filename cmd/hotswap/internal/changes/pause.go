package changes

import (
	"context"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// A pause keeps changes from becoming swaps while a person wants that. The forwarder receives no batch, so the watcher
// puts its batch together with all that changes later, and drops a change that was undone.

// Pause keeps changes until Resume. It reports whether they were not kept before.
func (c *Changes) Pause() bool {
	now := time.Now()
	fresh := c.paused.CompareAndSwap(nil, &now)
	latest(c.stirred, struct{}{})
	return fresh
}

// Resume lets the changes go on that were kept, and returns how many files have changed, as far as
// is known. It reports whether changes were paused.
func (c *Changes) Resume() (files int, was bool) {
	paused := c.Paused()
	if paused == nil || c.paused.Swap(nil) == nil {
		return 0, false
	}
	latest(c.stirred, struct{}{})
	return paused.Files, true
}

// Paused returns since when changes wait; nil: they do not.
func (c *Changes) Paused() *report.PauseStatus {
	since := c.paused.Load()
	if since == nil {
		return nil
	}
	if c.running.Load() {
		if n, err := c.pending(); err == nil {
			c.unsent.Store(int64(n))
		}
	}
	return &report.PauseStatus{Since: *since, Files: int(c.ready.Load() + c.unsent.Load())}
}

// pending asks the watcher, which may hang at a file system, for as long as a person waits gladly.
func (c *Changes) pending() (files int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 250*time.Millisecond)
	defer cancel()
	return c.watcher.Pending(ctx)
}

// Sync waits until the watcher has noticed all changes that were made before the call.
func (c *Changes) Sync(ctx context.Context) error { return c.watcher.Sync(ctx) }

// syncWithin is how long Pending waits until the watcher has noticed what was saved before.
const syncWithin = time.Second

// Pending names what the rules have yet to do about files that were saved before the call, or returns "".
func (c *Changes) Pending() string {
	switch {
	case c == nil:
		return ""
	case c.Paused() != nil:
		return "changes are paused"
	}
	ctx, cancel := context.WithTimeout(context.Background(), syncWithin)
	defer cancel()
	_ = c.Sync(ctx) // if that fails, what the watcher has noticed must do
	if !c.Settled() {
		return "files have changed"
	}
	return ""
}

// Settled reports whether the rules have seen all changes of files. It reports false while the
// forwarder is at work.
func (c *Changes) Settled() bool {
	if c == nil {
		return true
	}
	settled := make(chan bool, 1)
	select {
	case c.queries <- func(report.Status) {
		files, err := c.pending()
		settled <- len(c.waiting) == 0 && files == 0 && err == nil
	}:
		return <-settled
	default:
		return false
	}
}
