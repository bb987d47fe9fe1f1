package changes

import (
	"time"

	"github.com/hotswap-dev/hotswap/watch"
)

// Settled reports whether the rules have seen all changes of files.
func (c *Changes) Settled() bool {
	if c == nil {
		return true
	}
	behind := c.behind() // first: what leaves the watcher then is waiting
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.waiting)+len(behind.Paths) == 0 && behind.Since.IsZero()
}

// behind is what the watcher has not handed out.
func (c *Changes) behind() (b watch.Behind) {
	for c.running.Load() {
		b = c.watcher.Behind()
		c.mu.Lock()
		seen := c.seen
		c.mu.Unlock()
		if b.Seq <= seen {
			break
		}
		time.Sleep(time.Millisecond) // the forwarder is about to take note of a batch
	}
	return b
}
