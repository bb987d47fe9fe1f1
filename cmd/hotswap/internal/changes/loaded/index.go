// Package loaded decides, from what the processes of a program have loaded, which files outside of the project's folder are
// watched, and which changes do not concern the generation that serves. The package is pure: it reads the disk through an
// interface.
//
// # What else is watched?
//
// Every loaded file that belongs to no installed package ([Report.Plan]): files in other folders of a monorepo, and files that
// are ignored by default because tools make them. If such a file is in a package outside of the project, all sources of that
// package count: nobody has loaded a broken file that the package has just begun to import.
//
// A module that a failed program could not find ([Missing]) may come in such places, too.
//
// # Which build made a file?
//
// The command itself may build before it runs (tsc && node dist). The server that starts after that build loads its output, so
// no swap is needed. Another build (tsc --watch in another terminal) writes after the server has loaded the older file. So the
// change of such a file waits until the generation that boots serves and has answered. The change counts if a thread that has
// loaded the file began before the change ([Index.Classify]), or while a thread does not answer: it may compute, or wait for a
// debugger. A file that is gone does not count: builds begin by a removal, and the file's return is a change again.
//
// # What can be ignored?
//
// A change of code that existed before and that no process has read ([Index.Unread]). That needs a generation that serves, of
// which each process is known ([Unsure]), and after which none has failed: the cure of a broken boot may be in a file that the
// old version never had.
package loaded

import (
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/watch/rules"
)

// Phase is what has become of the newest generation.
type Phase uint8

// The phases.
const (
	Booting Phase = iota // or nothing is known
	Serving              // or the generation runs, and will never listen
	Failed               // the generation has ended, before it served or later
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
	Loaded bool // the file counts only because it is loaded
	Listed bool // the file is new or gone, which a process that lists the folder has read
	Named  bool // --watch or a rule names it
}

// Index is the newest report, by file. The zero value is ready. One goroutine owns an Index.
type Index struct {
	gen       int
	early     bool
	sure      bool
	vite      bool                 // see Report
	all       bool                 // there are threads, and each has answered the newest question
	began     map[string]time.Time // file → when the first thread began that has loaded the file
	read      map[string]bool      // files that were read or loaded
	languages map[string]bool      // of these files
}

// Set replaces the report.
func (x *Index) Set(r Report) {
	x.gen, x.early, x.sure, x.vite, x.all = r.Gen, r.Early, r.Unsure == "", r.Vite, len(r.Threads) > 0 && !r.Partial
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

// Verdict says whether a change concerns the program.
type Verdict uint8

// The verdicts.
const (
	Now   Verdict = iota // the change concerns the program
	Later                // that can be decided when the newest generation serves and has answered
	Own                  // that generation made the change before it loaded the file
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
	case x.all && !x.stale(c):
		return Own
	}
	return Now
}

// stale reports whether a thread has loaded the file as it was before the change.
func (x *Index) stale(c Change) bool {
	began, ok := x.began[c.File]
	return ok && !began.After(c.At)
}

// Unread reports whether a change is of code that the generation which serves has not read.
func (x *Index) Unread(l Life, c Change) bool {
	if c.Loaded || c.Listed || c.Gone || c.Named || l.Healthy == 0 || x.gen != l.Healthy || !x.sure {
		return false
	}
	language := languages[filepath.Ext(c.File)]
	return language != "" && x.languages[language] && !x.read[c.File]
}

// Pages returns the pattern for code that only Vite in the program may have read: the highest folder in root around a file in
// which no thread has loaded a module; "": there is no Vite, or a thread has loaded the file.
func (x *Index) Pages(root, file string) string {
	rel, err := filepath.Rel(root, file)
	if _, loaded := x.began[file]; loaded || err != nil || !x.vite || languages[filepath.Ext(file)] != "js" {
		return ""
	}
	modules := slices.Collect(maps.Keys(x.began))
	for i, c := range rel {
		if dir := filepath.Join(root, rel[:i]); c == filepath.Separator && !slices.ContainsFunc(modules, func(m string) bool { return rules.Within(m, dir) }) {
			return rel[:i] + "/**"
		}
	}
	return rel
}

// languages has the files that runtimes load by themselves, by extension. Any process may read other files.
var languages = map[string]string{
	".js": "js", ".mjs": "js", ".cjs": "js", ".jsx": "js", ".ts": "js", ".mts": "js", ".cts": "js", ".tsx": "js",
	".py": "python",
}
