package changes

import (
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/watch"
)

// A pause keeps changes from becoming swaps while a person wants that. The watcher keeps its
// batch, puts it together with all that changes later, and forgets what was undone. Changes
// that the watcher had handed out before wait in the forwarder.

// Pause keeps changes until Resume. It reports whether they were not kept before.
func (c *Changes) Pause() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.paused.IsZero() {
		return false
	}
	c.paused = time.Now()
	clear(c.named)
	c.watcher.Wake()
	return true
}

// Resume lets the changes go on that were kept, and returns how many files have changed.
// It reports whether changes were paused.
func (c *Changes) Resume() (files int, was bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.paused.IsZero() {
		return 0, false
	}
	files = c.keptLocked()
	c.paused, c.kept = time.Time{}, nil
	c.watcher.Wake()
	latest(c.stirred, struct{}{})
	return files, true
}

// Paused returns since when changes wait; nil: they do not.
func (c *Changes) Paused() *report.PauseStatus {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.paused.IsZero() {
		return nil
	}
	return &report.PauseStatus{Since: c.paused, Files: c.keptLocked()}
}

// keptLocked returns how many files have changed: in the watcher, and in the forwarder, of which only
// those that are ready start something for certain.
func (c *Changes) keptLocked() int {
	files := map[string]bool{}
	for _, file := range c.kept {
		files[file] = true
	}
	for _, w := range c.waiting {
		if w.ready {
			files[w.Rel] = true
		}
	}
	return len(files)
}

func (c *Changes) isPaused() bool { return c.Paused() != nil }

// keep notes the batch that the watcher keeps, and reports its files, each once. It runs in the
// watcher's goroutine.
func (c *Changes) keep(b watch.Batch) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.paused.IsZero() {
		return // it has just ended
	}
	c.kept = names(b.Changes)
	if fresh := unnamed(c.named, c.kept); len(fresh) > 0 {
		c.cfg.Report.Kept(fresh)
	}
}

// names returns the files as people see them.
func names(changes []watch.Change) (files []string) {
	for _, c := range changes {
		files = append(files, c.Rel)
	}
	return files
}

// unnamed returns the files of which the user has not heard, and notes them.
func unnamed(named map[string]bool, files []string) (fresh []string) {
	for _, file := range files {
		if !named[file] {
			named[file] = true
			fresh = append(fresh, file)
		}
	}
	return fresh
}
