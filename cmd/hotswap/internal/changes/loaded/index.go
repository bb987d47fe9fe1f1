// Package loaded decides, from what the processes of a program say they have
// loaded, what is watched besides the sources in the project's folder, and which
// changes do not concern what serves. It is pure: what has to be looked up on the
// disk is asked through functions.
//
// # What is watched besides?
//
// Every loaded file that is no package's ([Report.Plan]): those of other folders of
// a monorepo, and those that are ignored by default because tools make them. Of a
// package outside, its other sources count too: a broken file that it has just
// begun to import was never loaded.
//
// # Whose work is a change of generated code?
//
// The command itself may build before it runs (tsc && node dist). What its build
// writes is loaded by the server that starts after it; to swap for that would be one
// swap too many. Somebody else's build (tsc --watch in another terminal) writes when
// the server has loaded the older one already. So such a change is kept until the
// generation that boots serves, and tells; it counts if a thread that has loaded the
// file began before the change ([Index.Classify]). One that is gone does not count by
// itself: builds begin so, and when it is back it is a change again.
//
// # What can be passed over?
//
// If the user wants so: files of code that nobody has loaded. Only while a generation
// serves that has told everything, and whose successors did not fail: the cure of a
// broken boot may be in a file that the old version never had.
package loaded

import (
	"path/filepath"
	"time"
)

// Phase is how far the newest generation is.
type Phase uint8

// The phases.
const (
	Booting Phase = iota // or nothing is known of it
	Serving              // or it runs, and will never listen
	Failed               // it ended before it served, or later
)

// Life is what is known of the generations.
type Life struct {
	Newest int
	Phase  Phase
	// Healthy is the generation that serves if nothing went wrong since it began to,
	// and nothing newer boots; else 0.
	Healthy int
}

// Change is a file that differs.
type Change struct {
	File   string // absolute
	At     time.Time
	Gone   bool
	Loaded bool // it counts for no other reason than that it is loaded
}

// Index is what the newest report says, by file. The zero value is ready; it is for one
// goroutine.
type Index struct {
	gen   int
	exact bool
	any   bool                 // some thread has told
	began map[string]time.Time // file → when the first thread that has loaded it did
}

// Set takes in a report, with the files called as the watcher calls them.
func (x *Index) Set(r Report) {
	x.gen, x.exact, x.any = r.Gen, r.Exact, len(r.Threads) > 0
	x.began = map[string]time.Time{}
	for _, t := range r.Threads {
		for _, file := range t.Files {
			if at, ok := x.began[file]; !ok || t.Began.Before(at) {
				x.began[file] = t.Began
			}
		}
	}
}

// Classify sorts changes: now concern the program; pending can be decided when the newest
// generation serves and has told what it has loaded; own were made by that generation
// itself before it loaded the file.
func (x *Index) Classify(l Life, changes []Change) (now, pending, own []Change) {
	for _, c := range changes {
		switch {
		case !c.Loaded:
			now = append(now, c)
		case c.Gone:
			own = append(own, c)
		case l.Phase == Failed:
			now = append(now, c)
		case l.Phase == Booting || x.gen != l.Newest:
			pending = append(pending, c)
		case x.any && !x.stale(c):
			own = append(own, c)
		default:
			now = append(now, c)
		}
	}
	return now, pending, own
}

// stale reports whether a thread has loaded the file as it was before the change.
func (x *Index) stale(c Change) bool {
	began, ok := x.began[c.File]
	return ok && !began.After(c.At)
}

// Unloaded reports whether a change is of a file of code that the generation which
// serves has not loaded, so that nothing it does depends on it.
func (x *Index) Unloaded(l Life, c Change) bool {
	if c.Loaded || l.Healthy == 0 || x.gen != l.Healthy || !x.exact || !x.any || !code[filepath.Ext(c.File)] {
		return false
	}
	_, ok := x.began[c.File]
	return !ok
}

var code = map[string]bool{
	".js": true, ".mjs": true, ".cjs": true, ".jsx": true, ".ts": true, ".mts": true, ".cts": true, ".tsx": true,
}
