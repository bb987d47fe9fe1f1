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
// A change of code that was there before and that no process has read ([Index.Unread]). That
// holds only while a generation serves of which each process is known ([Unsure]), and whose
// successors did not fail: the cure of a broken boot may be in a file that the old version never had.
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
	Listed bool // it was not there before, or is not any more: who lists its folder has read that
	Named  bool // --watch or a rule names it
}

// Index is what the newest report says, by file. The zero value is ready; it is for one
// goroutine.
type Index struct {
	gen       int
	early     bool
	sure      bool
	any       bool                 // a thread has answered
	began     map[string]time.Time // file → when the first thread that has loaded it did
	read      map[string]bool      // by file: it was read, or loaded
	languages map[string]bool      // of files that were
}

// Set replaces what the index knows by a report.
func (x *Index) Set(r Report) {
	x.gen, x.early, x.sure, x.any = r.Gen, r.Early, r.Unsure == "", len(r.Threads) > 0
	x.began, x.read, x.languages = map[string]time.Time{}, map[string]bool{}, map[string]bool{}
	note := func(file string) {
		x.read[file] = true
		if !Package(file) {
			x.languages[languages[filepath.Ext(file)]] = true
		}
	}
	for _, file := range r.Read {
		note(file)
	}
	for _, t := range r.Threads {
		for _, file := range t.Files {
			note(file)
			if at, ok := x.began[file]; !ok || t.Began.Before(at) {
				x.began[file] = t.Began
			}
		}
	}
}

// Gen returns the generation whose report is the newest; 0: there is none.
func (x *Index) Gen() int { return x.gen }

// Verdict says what a change is to the program.
type Verdict uint8

// The verdicts.
const (
	Now   Verdict = iota // it concerns the program
	Later                // it can be decided when the newest generation serves and has answered
	Own                  // that generation has made it before it loaded the file
)

// Classify returns the verdict about a change.
func (x *Index) Classify(l Life, c Change) Verdict {
	switch {
	case !c.Loaded:
		return Now
	case c.Gone:
		return Own
	case l.Phase == Failed:
		return Now
	case l.Phase == Booting || x.gen != l.Newest || x.early:
		return Later
	case x.any && !x.stale(c):
		return Own
	}
	return Now
}

// stale reports whether a thread has loaded the file as it was before the change.
func (x *Index) stale(c Change) bool {
	began, ok := x.began[c.File]
	return ok && !began.After(c.At)
}

// Unread reports whether a change is of code that the generation which serves has not read, so
// that nothing it does depends on it.
func (x *Index) Unread(l Life, c Change) bool {
	if c.Loaded || c.Listed || c.Gone || c.Named || l.Healthy == 0 || x.gen != l.Healthy || !x.sure {
		return false
	}
	language := languages[filepath.Ext(c.File)]
	return language != "" && x.languages[language] && !x.read[c.File]
}

// languages has what the runtimes load by themselves, by extension: everything else may be read
// by anybody.
var languages = map[string]string{
	".js": "js", ".mjs": "js", ".cjs": "js", ".jsx": "js", ".ts": "js", ".mts": "js", ".cts": "js", ".tsx": "js",
	".py": "python",
}
