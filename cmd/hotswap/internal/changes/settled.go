package changes

import (
	"context"
	"time"
)

// syncWithin is how long [Changes.Pending] waits until the watcher has noticed what was saved before.
const syncWithin = time.Second

// Pending names what rules have yet to do, or "". An upgrade waits for that.
func (c *Changes) Pending() string {
	switch {
	case c == nil: // no file is watched
		return ""
	case c.Paused() != nil:
		return "changes are paused"
	}
	ctx, cancel := context.WithTimeout(context.Background(), syncWithin)
	defer cancel()
	_ = c.watcher.Sync(ctx) // if that fails, what the watcher has noticed must do
	if !c.Settled() {
		return "files have changed"
	}
	return ""
}
