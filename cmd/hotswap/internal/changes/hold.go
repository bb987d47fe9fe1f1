package changes

import (
	"cmp"
	"context"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/watch"
)

// Stop is a process of the serving generation that stands still in a debugger.
type Stop struct {
	PID int
	// Wait returns when the process runs on, when its debugger has gone, or when ctx ends. It
	// must be called once, and ends what watches the process.
	Wait func(ctx context.Context)
}

// hold keeps batches from becoming swaps: while a person wants that (pause), and while the
// program stands in a debugger. A batch that is kept goes back to the watcher, which puts
// it together with all that changes later and forgets what was undone.
type hold struct {
	report Reporter
	opened chan struct{} // of capacity 1: what was kept may go on
	waits  sync.WaitGroup

	mu      sync.Mutex
	paused  time.Time // by a person; zero: it is not
	stop    *Stop     // nil: the program runs
	stopped time.Time
	told    bool            // of this stop
	kept    []watch.Change  // the newest batch that went back
	added   []string        // the paths of files that wait besides, see adds
	owed    time.Time       // when the first file changed that waits for the end of an upgrade; zero: none does
	named   map[string]bool // files that the user has heard of since the hold began
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
	if h.stop == nil {
		clear(h.named)
	}
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

// Paused returns why changes wait; nil: they do not.
func (c *Changes) Paused() *supervisor.PauseStatus {
	h := c.hold
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case !h.paused.IsZero():
		return &supervisor.PauseStatus{By: supervisor.PausedByHand, Since: h.paused, Files: len(h.kept) + len(h.added)}
	case h.stop != nil:
		return &supervisor.PauseStatus{By: supervisor.PausedInDebugger, Since: h.stopped, Files: len(h.kept) + len(h.added), PID: h.stop.PID}
	}
	return nil
}

// Kept returns since when a person has paused changes, and when the first file changed that
// waits, for whatever reason; zero times: changes are not paused, or none waits.
func (c *Changes) Kept() (paused, oldest time.Time) {
	h := c.hold
	h.mu.Lock()
	defer h.mu.Unlock()
	paths := slices.Clone(h.added)
	for _, k := range h.kept {
		paths = append(paths, k.Path)
	}
	for _, path := range paths {
		at := cmp.Or(h.paused, h.stopped) // of a file that is gone
		if info, err := os.Stat(path); err == nil {
			at = watch.ChangedAt(info)
		}
		if !at.IsZero() && (oldest.IsZero() || at.Before(oldest)) {
			oldest = at
		}
	}
	if oldest.IsZero() || !h.owed.IsZero() && h.owed.Before(oldest) {
		oldest = h.owed
	}
	return h.paused, oldest
}

// owes notes that these files, absolute paths, wait for the end of an upgrade; none: nothing
// waits for that.
func (h *hold) owes(paths ...string) {
	var oldest time.Time
	for _, path := range paths {
		at := time.Now() // of a file that is gone
		if info, err := os.Stat(path); err == nil {
			at = watch.ChangedAt(info)
		}
		if oldest.IsZero() || at.Before(oldest) {
			oldest = at
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.owed = oldest
}

// holds reports whether changes wait.
func (h *hold) holds() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.holdsLocked()
}

func (h *hold) holdsLocked() bool { return !h.paused.IsZero() || h.stop != nil }

// keeps reports whether a batch waits, which its receiver then gives back. It looks for a
// debugger only if there is a batch.
func (h *hold) keeps(ctx context.Context, e Engine, b watch.Batch) bool {
	var stop *Stop
	gen := supervisor.GenID(0)
	if e.Stopped != nil && len(b.Changes) > 0 && !h.holds() {
		st := e.Supervisor.Current()
		stop, gen = e.Stopped(ctx, st), st.Generation
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case stop == nil:
	case h.holdsLocked(): // a person has paused meanwhile: only what watches the process ends
		over, end := context.WithCancel(ctx)
		end()
		h.waits.Go(func() { stop.Wait(over) })
	default:
		clear(h.named)
		h.stop, h.stopped, h.told = stop, time.Now(), false
		h.waits.Go(func() { h.await(ctx, e.Supervisor, gen, stop) })
	}
	if !h.holdsLocked() {
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

// adds reports whether these files wait too: something else had delayed them, and the hold
// began before they became a swap. paths are where they are.
func (h *hold) adds(files, paths []string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.holdsLocked() {
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
	switch {
	case len(fresh) == 0:
	case !h.paused.IsZero():
		h.report.Kept(fresh)
	case !h.told:
		h.told = true
		h.report.Stopped(h.stop.PID, fresh)
	}
}

// await ends the hold for a process that stood in a debugger. A generation that does not
// serve any more does not count.
func (h *hold) await(ctx context.Context, s Supervisor, gen supervisor.GenID, stop *Stop) {
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		defer cancel()
		for changed := s.Changed(); s.Status().Generation == gen; changed = s.Changed() {
			select {
			case <-changed:
			case <-waiting.Done():
				return
			}
		}
	}()
	stop.Wait(waiting)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stop = nil
	latest(h.opened, struct{}{})
}
