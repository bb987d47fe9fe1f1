package changes

import (
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/watch"
)

// hold keeps batches from becoming swaps while a person wants that. A batch that is kept goes
// back to the watcher, which puts it together with all that changes later and forgets what
// was undone.
type hold struct {
	report Reporter
	opened chan struct{} // of capacity 1: what was kept may go on

	mu     sync.Mutex
	paused time.Time       // zero: it is not
	kept   []watch.Change  // the newest batch that went back
	added  []string        // the paths of files that wait besides, see adds
	named  map[string]bool // files that the user has heard of since the pause began

	owed int // how many changed files the watcher has handed out that no rule has seen
	seen int // the number of the newest batch whose files are in owed, or were
}

func newHold(report Reporter) *hold {
	return &hold{report: report, opened: make(chan struct{}, 1), named: map[string]bool{}}
}

// Pause keeps changes until Resume. It reports whether they were not kept before.
func (c *Changes) Pause() bool {
	h := c.hold
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.paused.IsZero() {
		return false
	}
	clear(h.named)
	h.paused = time.Now()
	return true
}

// Resume lets the changes go on that were kept, and returns how many files have changed.
// It reports whether changes were paused.
func (c *Changes) Resume() (files int, was bool) {
	h := c.hold
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.paused.IsZero() {
		return 0, false
	}
	h.paused = time.Time{}
	latest(h.opened, struct{}{})
	return len(h.kept) + len(h.added), true
}

// Paused returns since when changes wait; nil: they do not.
func (c *Changes) Paused() *supervisor.PauseStatus {
	h := c.hold
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.paused.IsZero() {
		return nil
	}
	return &supervisor.PauseStatus{Since: h.paused, Files: len(h.kept) + len(h.added)}
}

// Settled reports whether the rules have seen all changes of files.
func (c *Changes) Settled() bool {
	if c == nil {
		return true
	}
	behind := c.behind() // first: what leaves the watcher then is noted below
	h := c.hold
	h.mu.Lock()
	defer h.mu.Unlock()
	unseen := len(behind.Paths) + len(h.kept) + len(h.added) + h.owed
	if behind.Sent.Seq > h.seen {
		unseen += len(behind.Sent.Changes)
	}
	return unseen == 0 && behind.Since.IsZero()
}

// behind is what the watcher has not handed out, or a moment ago only.
func (c *Changes) behind() (b watch.Behind) {
	if w := c.watcher.Load(); w != nil && c.running.Load() {
		b = w.Behind()
	}
	return b
}

// owes notes how many files have changed without a rule having seen it.
func (h *hold) owes(files int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.owed = files
}

// took notes that the forwarder has taken note of the batch with that number, and of those before.
func (h *hold) took(seq int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seen = seq
}

// keeps reports whether a batch waits, which its receiver then gives back.
func (h *hold) keeps(b watch.Batch) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.paused.IsZero() {
		h.kept = nil
		return false
	}
	h.kept = b.Changes
	var files []string
	for _, c := range b.Changes {
		files = append(files, c.Rel)
	}
	h.tellLocked(files)
	return len(b.Changes) > 0
}

// adds reports whether these files wait too: something else had delayed them, and the pause
// began before they became a swap. paths are where they are.
func (h *hold) adds(files, paths []string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.paused.IsZero() {
		h.added = nil
		return false
	}
	h.added = paths
	h.tellLocked(files)
	return true
}

// tellLocked reports files that wait, each once.
func (h *hold) tellLocked(files []string) {
	var fresh []string
	for _, file := range files {
		if !h.named[file] {
			h.named[file] = true
			fresh = append(fresh, file)
		}
	}
	if len(fresh) > 0 {
		h.report.Kept(fresh)
	}
}
