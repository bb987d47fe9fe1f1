package intercept

import (
	"maps"
	"path/filepath"
	"sync"
	"time"

	"github.com/hotswap-dev/hotswap/internal/wait"
)

const (
	// recent is how many generations, and builds, are remembered before the newest.
	recent = 8
	// manyPlaces is how many places are kept whatever their age. With more, those older than old are removed.
	manyPlaces = 1000
	old        = 10 * time.Second
)

// Writes knows which files generations and builds have opened for writing, removed, or put a file in the
// place of, while that is wanted. The system calls wait for hotswap meanwhile, as bind does, so only those
// under suspicion are watched. Its methods may be called from any goroutine.
type Writes struct {
	mu      sync.Mutex // guards what follows
	wanted  bool
	watched map[author]bool
	last    map[place]opened
}

// author is a generation or a build.
type author struct {
	build  bool
	number int
}

// opened is when a file was last opened for writing, and by whom.
type opened struct {
	at    time.Time
	build bool
}

// place is a file, whatever the way to its folder, there or not; without a name one that is there, whatever
// the way to it.
type place struct {
	dev, ino uint64 // of the folder; without a name, of the file
	born     int64  // when that was made, in ns: the number of a file that was removed is used again at once
	name     string
}

// Watch sets whether generations and builds that start from now on are watched.
func (w *Writes) Watch(on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wanted = on
}

// Watched reports whether all that a generation, or a build, writes is known.
func (w *Writes) Watched(build bool, number int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.watched[author{build, number}]
}

// Opened returns when a watched generation or build last opened the file before a change at that time, and whether a
// build did; zero: neither did. Opened discards the openings until then, so a later change is by others, or follows
// another opening.
func (w *Writes) Opened(path string, changed time.Time) (at time.Time, build bool) {
	places := placesOf(filepath.Dir(path), filepath.Base(path))
	w.mu.Lock()
	defer w.mu.Unlock()
	var last opened
	for _, p := range places {
		if o, ok := w.last[p]; ok && !o.at.After(changed.Add(wait.ClockLag)) {
			delete(w.last, p)
			if o.at.After(last.at) {
				last = o
			}
		}
	}
	return last.at, last.build
}

func (w *Writes) isWanted() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.wanted
}

// watch notes whether all is known of what the author writes. A build of which one command is not watched
// is not known, whatever is said of its other commands.
func (w *Writes) watch(by author, on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.watched == nil {
		w.watched = map[author]bool{}
	}
	maps.DeleteFunc(w.watched, func(old author, _ bool) bool { return old.build == by.build && old.number+recent < by.number })
	if known, ok := w.watched[by]; !ok || known {
		w.watched[by] = on
	}
}

func (w *Writes) note(now time.Time, build bool, places ...place) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.last == nil {
		w.last = map[place]opened{}
	}
	if len(w.last) >= manyPlaces {
		maps.DeleteFunc(w.last, func(_ place, o opened) bool { return now.Sub(o.at) > old })
	}
	for _, p := range places {
		if len(w.last) < 10*manyPlaces {
			w.last[p] = opened{now, build}
		}
	}
}
