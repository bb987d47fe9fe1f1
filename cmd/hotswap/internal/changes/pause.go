package changes

import (
	"context"
	"time"

	"github.com/hotswap-dev/hotswap/internal/wait"
)

// A pause (supervisor.SetPaused) keeps changes from becoming swaps while a person wants that. The forwarder receives no
// batch, so the watcher puts its batch together with all that changes later, and drops a change that was undone.

// Paused returns how many files have changed and wait, as far as is known.
func (c *Changes) Paused() int {
	n, _ := c.pending()
	return n + int(c.ready.Load())
}

// pending asks the watcher, which may hang at a file system, for as long as a person waits gladly.
func (c *Changes) pending() (files int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 250*time.Millisecond)
	defer cancel()
	return c.watcher.Pending(ctx)
}

// Pending names what rules have yet to do, or "". An upgrade waits for that.
func (c *Changes) Pending() string {
	if c == nil { // no file is watched
		return ""
	}
	ctx, cancel := context.WithTimeout(context.Background(), wait.Person)
	defer cancel()
	_ = c.watcher.Sync(ctx) // if that fails, what the watcher has noticed must do
	if !c.Settled() {
		return "files have changed"
	}
	return ""
}

// Sync waits until the watcher has noticed all changes that were made before the call.
func (c *Changes) Sync(ctx context.Context) error { return c.watcher.Sync(ctx) }

// Settled reports whether the rules have seen all changes of files. It reports false while the
// forwarder is at work.
func (c *Changes) Settled() bool {
	if c == nil {
		return true
	}
	settled := make(chan bool, 1)
	select {
	case c.queries <- func() {
		files, err := c.pending()
		settled <- len(c.waiting) == 0 && files == 0 && err == nil
	}:
		return <-settled
	default:
		return false
	}
}
