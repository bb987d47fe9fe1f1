// Package loaded decides, from what the processes of a program have loaded, which
// files are watched besides the sources in the project's folder, and which changes do
// not concern what serves. It is pure: it looks at the disk through an interface.
//
// # What is watched besides?
//
// Every loaded file that belongs to no installed package ([Report.Plan]): files in
// other folders of a monorepo, and files that are ignored by default because tools make
// them. Of a package outside the project its other sources count, too, because a broken
// file that it has just begun to import was never loaded.
//
// # Which build made a file?
//
// The command itself may build before it runs (tsc && node dist). The server that starts
// after its build loads what the build wrote, so no swap is needed. Another build (tsc
// --watch in another terminal) writes after the server has loaded the older file. So
// such a change is pending until the generation that boots serves and has answered. It
// counts if a thread that has loaded the file began before the change
// ([Index.Classify]). A file that is gone does not count: builds begin so, and its
// return is a change again.
//
// # What can be ignored?
//
// With --only-loaded, code that no thread has loaded. That holds only while a generation
// serves that has answered completely, and whose successors did not fail: the cure of a
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
	Booting Phase = iota // or nothing is known
	Serving              // or it runs, and will never listen
	Failed               // it ended, before it served or later
)

// Life is what is known of the generations.
type Life struct {
	Newest int
	Phase  Phase
	// Healthy is Newest if it serves and nothing went wrong since; else 0.
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
	any   bool                 // a thread has answered
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
// generation serves and has answered; own were made by that generation itself before it
// loaded the file.
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
