package intercept

import (
	"maps"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

const (
	// manyPlaces is how many places are kept whatever their age. With more, those older than old are removed.
	manyPlaces = 1000
	old        = 10 * time.Second
)

// Writes knows which files generations and builds have opened for writing, removed, or put a file in the
// place of. Its methods may be called from any goroutine.
type Writes struct {
	dir    string      // the project's folder, without symbolic links; constant
	builds atomic.Bool // what builds write is wanted, too
	mu     sync.Mutex  // guards what follows
	last   map[place]opened
	pruned time.Time
	closed closings

	accesses chan handoff.Access // nil: nobody wants them
	reads    map[string]bool     // the names of files whose reads are wanted
}

// WatchBuilds is that of [handoff.Writes].
func (w *Writes) WatchBuilds() { w.builds.Store(true) }

// manyAccesses is how many accesses wait for their reader.
const manyAccesses = 1000

// Accesses is that of [handoff.Writes].
func (w *Writes) Accesses() <-chan handoff.Access {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.accesses = make(chan handoff.Access, manyAccesses)
	return w.accesses
}

// Read is that of [handoff.Writes].
func (w *Writes) Read(names map[string]bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.reads = names; names == nil {
		w.accesses = nil
	}
}

// wanted reports whether reads of files with this name are wanted; "": of any.
func (w *Writes) wanted(name string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.reads[name] || name == "" && len(w.reads) > 0
}

// access passes on what a generation does with a file, if that is a file of the project that no tool has hidden.
func (w *Writes) access(a handoff.Access) {
	w.mu.Lock()
	defer w.mu.Unlock()
	in, ok := strings.CutPrefix(a.Path, w.dir+"/")
	in = "/" + in
	if !ok || strings.Contains(in, "/.") || strings.Contains(in, "/node_modules/") || strings.Contains(in, "/__pycache__/") {
		return
	}
	select {
	case w.accesses <- a: // nil: nobody wants it
	default:
	}
}

// opened is how often a file was opened for writing, and replaced by a rename, and when and by whom it was opened,
// replaced or removed at last.
type opened struct {
	at    time.Time
	build bool
	count
}

// place is a file, whatever the way to its folder, there or not; without a name one that is there, whatever
// the way to it.
type place struct {
	dev, ino uint64 // of the folder; without a name, of the file
	born     int64  // when that was made, in ns: the number of a file that was removed is used again at once
	name     string
}

func (p place) folder() place { return place{p.dev, p.ino, p.born, ""} }

// Opened is that of [handoff.Writes]. It discards the openings until the change, so a later change is by others, or
// follows another opening; or the file is still open.
func (w *Writes) Opened(path string, changed time.Time, open bool) (found handoff.Opening) {
	places, _ := placesOf(filepath.Dir(path), filepath.Base(path))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.read()
	var all, own count // by anybody, and by generations and builds
	for _, p := range places {
		all = all.plus(w.closed.take(p))
		own = count{max(own.writes, w.last[p].writes), max(own.renames, w.last[p].renames)}
	}
	for _, p := range places {
		o, known := w.last[p]
		if !known {
			continue
		}
		at, later := o.at, o.at.After(changed.Add(wait.ClockLag))
		if later {
			at = changed
		}
		if (!later || o.writes+o.renames > 1) && at.After(found.At) {
			found.At, found.Build = at, o.build
		}
		switch o.count = (count{max(0, o.writes-all.writes), max(0, o.renames-all.renames)}); {
		case open: // for as long as it likes
			w.last[p] = opened{time.Now(), o.build, count{max(1, o.writes), o.renames}}
		case later:
			w.last[p] = o
		case o.count != count{} && time.Since(o.at) < old && w.closed.folders[places[0].folder()]: // the call is still under way
			w.last[p] = o
		default:
			delete(w.last, p)
		}
	}
	if open && own.writes > 0 {
		own.writes-- // this one was not closed
	}
	found.Others = all.writes > own.writes || all.renames > own.renames || len(places) > 0 && !w.closed.folders[places[0].folder()] // nobody counts there
	return found
}

// read counts what the kernel has reported. Without the reports that the kernel has dropped every change is by others.
func (w *Writes) read() {
	if !w.closed.read() {
		w.last = nil
	}
}

// note notes that the files at these places are about to be opened, replaced or removed. The first place is in the folder,
// whose path has no symbolic links.
func (w *Writes) note(now time.Time, build bool, does count, folder string, places ...place) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.read()
	if w.last == nil {
		w.last = map[place]opened{}
	}
	if len(w.last) >= manyPlaces && now.Sub(w.pruned) > time.Second {
		w.pruned = now
		maps.DeleteFunc(w.last, func(_ place, o opened) bool { return now.Sub(o.at) > old })
	}
	for i, p := range places {
		if i == 0 {
			w.closed.follow(w.dir, folder, p)
		}
		if len(w.last) < 10*manyPlaces {
			w.last[p] = opened{now, build, w.last[p].plus(does)}
		}
	}
}
