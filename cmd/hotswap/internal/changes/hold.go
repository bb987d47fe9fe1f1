package changes

import (
	"os"
	"slices"
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

	owed map[string]time.Time // by path, when the files changed that the watcher has handed out and no rule has seen
	seen int                  // the number of the newest batch whose files are in owed, or were
}

func newHold(report Reporter, paused time.Time) *hold {
	return &hold{report: report, opened: make(chan struct{}, 1), paused: paused, named: map[string]bool{}}
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

// Kept returns what a hotswap that takes over has to know: since when a person has paused changes, and which
// changes the rules have not seen yet, for whatever reason. oldest is when the first of their files changed;
// gone are the files among them that do not exist any more. Zero times: changes are not paused, or none waits.
func (c *Changes) Kept() (paused, oldest time.Time, gone []string) {
	behind := c.behind() // first: what leaves the watcher then is noted below
	h := c.hold
	h.mu.Lock()
	defer h.mu.Unlock()
	oldest = behind.Since
	add := func(path string, at time.Time) {
		if !at.IsZero() && (oldest.IsZero() || at.Before(oldest)) {
			oldest = at
		}
		if _, err := os.Lstat(path); err != nil {
			gone = append(gone, path)
		}
	}
	paths := slices.Concat(h.added, behind.Paths)
	for _, k := range h.kept {
		paths = append(paths, k.Path)
	}
	if behind.Sent.Seq > h.seen {
		for _, change := range behind.Sent.Changes {
			paths = append(paths, change.Path)
		}
	}
	for _, path := range paths {
		add(path, changeOf(path, h.paused))
	}
	for path, at := range h.owed {
		add(path, at)
	}
	slices.Sort(gone)
	return h.paused, oldest, slices.Compact(gone)
}

// Settled reports whether the rules have seen all changes of files.
func (c *Changes) Settled() bool {
	if c == nil {
		return true
	}
	_, oldest, _ := c.Kept()
	return oldest.IsZero()
}

// behind is what the watcher has not handed out, or a moment ago only.
func (c *Changes) behind() (b watch.Behind) {
	if w := c.watcher.Load(); w != nil && c.running.Load() {
		b = w.Behind()
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

// owes notes which files, absolute paths, have changed without a rule having seen it.
func (h *hold) owes(paths ...string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	owed := make(map[string]time.Time, len(paths))
	for _, path := range paths {
		at, ok := h.owed[path]
		if now := changeOf(path, time.Now()); !ok || now.Before(at) {
			at = now
		}
		owed[path] = at
	}
	h.owed = owed
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
