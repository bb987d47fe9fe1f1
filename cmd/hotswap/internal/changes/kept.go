package changes

import (
	"os"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/watch"
)

// Kept returns what a hotswap that takes over has to know: since when a person has paused changes, and which
// changes the rules have not seen yet, for whatever reason. oldest is when the first of their files changed;
// gone are the files among them that do not exist any more. Zero times: changes are not paused, or none waits.
func (c *Changes) Kept() (paused, oldest time.Time, gone []string) {
	behind := c.behind() // first: what leaves the watcher then is waiting
	c.mu.Lock()
	defer c.mu.Unlock()
	times := map[string]time.Time{}
	for path, w := range c.waiting {
		times[path] = w.since
	}
	for _, path := range behind.Paths {
		times[path] = changeOf(path, c.paused)
	}
	oldest = behind.Since
	for path, at := range times {
		if !at.IsZero() && (oldest.IsZero() || at.Before(oldest)) {
			oldest = at
		}
		if _, err := os.Lstat(path); err != nil {
			gone = append(gone, path)
		}
	}
	slices.Sort(gone)
	return c.paused, oldest, gone
}

// Settled reports whether the rules have seen all changes of files.
func (c *Changes) Settled() bool {
	if c == nil {
		return true
	}
	_, oldest, _ := c.Kept()
	return oldest.IsZero()
}

// behind is what the watcher has not handed out.
func (c *Changes) behind() (b watch.Behind) {
	for c.running.Load() {
		b = c.current.Load().Behind()
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

// changeOf returns when a file changed, or otherwise if it is gone.
func changeOf(path string, otherwise time.Time) time.Time {
	if info, err := os.Stat(path); err == nil {
		return watch.ChangedAt(info)
	}
	return otherwise
}
