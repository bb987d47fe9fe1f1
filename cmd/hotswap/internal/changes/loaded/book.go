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

// Book is the newest report. The zero value is ready; one
// goroutine uses it.
type Book struct {
	gen   int
	exact bool
	any   bool                 // some thread has told
	began map[string]time.Time // file → when the first thread that has loaded it did
}

// Learn takes in a report, with the files called as the watcher calls them.
func (b *Book) Learn(r Report) {
	b.gen, b.exact, b.any = r.Gen, r.Exact, len(r.Threads) > 0
	b.began = map[string]time.Time{}
	for _, t := range r.Threads {
		for _, file := range t.Files {
			if at, ok := b.began[file]; !ok || t.Began.Before(at) {
				b.began[file] = t.Began
			}
		}
	}
}

// Sift sorts changes: now concern the program; of kept that will be known when the
// newest generation serves and has told what it has loaded; own were made by that
// generation itself before it loaded the file.
func (b *Book) Sift(l Life, changes []Change) (now, kept, own []Change) {
	for _, c := range changes {
		switch {
		case !c.Loaded:
			now = append(now, c)
		case c.Gone:
			own = append(own, c)
		case l.Phase == Failed:
			now = append(now, c)
		case l.Phase == Booting || b.gen != l.Newest:
			kept = append(kept, c)
		case b.any && !b.stale(c):
			own = append(own, c)
		default:
			now = append(now, c)
		}
	}
	return now, kept, own
}

// stale tells whether somebody has loaded the file before it changed.
func (b *Book) stale(c Change) bool {
	began, ok := b.began[c.File]
	return ok && !began.After(c.At)
}

// Unloaded tells whether a change is of a file of code that the generation which
// serves has not loaded, so that nothing it does depends on it.
func (b *Book) Unloaded(l Life, c Change) bool {
	if c.Loaded || l.Healthy == 0 || b.gen != l.Healthy || !b.exact || !b.any || !code[filepath.Ext(c.File)] {
		return false
	}
	_, ok := b.began[c.File]
	return !ok
}

var code = map[string]bool{
	".js": true, ".mjs": true, ".cjs": true, ".jsx": true, ".ts": true, ".mts": true, ".cts": true, ".tsx": true,
}
