package intercept

import (
	"maps"
	"path/filepath"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

const (
	// ahead is how far a file's clock may be behind the one by which its opening
	// is known: it moves with the kernel's tick.
	ahead = 50 * time.Millisecond
	// behind is how long after it was opened a file may be written and closed.
	behind = time.Second
	// recent is how many generations count that began before the newest.
	recent = 8
	// crowded is how many places are kept without a look at their age.
	crowded = 1000
)

// Writes knows which files the generations have opened for writing, removed, or put a
// file in the place of, while that is wanted. The system calls wait for us
// meanwhile, as bind does, so it is for programs under suspicion. Its methods may
// be called from anywhere.
type Writes struct {
	mu      sync.Mutex // guards what follows
	wanted  bool
	watched map[handoff.GenID]bool
	last    map[place]time.Time
}

// place is a file, whatever the way to its folder, there or not; without a name one
// that is there, whatever the way to it.
type place struct {
	dev, ino uint64 // of the folder; without a name, of the file
	name     string
}

// Watch says whether generations that begin from now on are to be watched.
func (w *Writes) Watch(on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wanted = on
}

// Watched tells whether all that the generation writes is known.
func (w *Writes) Watched(gen handoff.GenID) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.watched[gen]
}

// Wrote tells whether a generation opened the file so that it may have changed
// then. What it did until then is forgotten: a later change is another's, or is
// preceded by another opening.
func (w *Writes) Wrote(path string, changed time.Time) bool {
	places := placesOf(filepath.Dir(path), filepath.Base(path))
	w.mu.Lock()
	defer w.mu.Unlock()
	var last time.Time
	for _, p := range places {
		if at, ok := w.last[p]; ok && !at.After(changed.Add(ahead)) {
			delete(w.last, p)
			last = later(last, at)
		}
	}
	return !last.IsZero() && changed.Sub(last) < behind
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (w *Writes) isWanted() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.wanted
}

// watch notes that the generation is, or is not any more.
func (w *Writes) watch(gen handoff.GenID, on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.watched == nil {
		w.watched = map[handoff.GenID]bool{}
	}
	maps.DeleteFunc(w.watched, func(old handoff.GenID, _ bool) bool { return old+recent < gen })
	w.watched[gen] = on
}

func (w *Writes) note(now time.Time, places ...place) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.last == nil {
		w.last = map[place]time.Time{}
	}
	if len(w.last) >= crowded {
		maps.DeleteFunc(w.last, func(_ place, at time.Time) bool { return now.Sub(at) > 10*behind })
	}
	for _, p := range places {
		if len(w.last) < 10*crowded {
			w.last[p] = now
		}
	}
}
