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
// # What can be ignored?
//
// A change of code that existed before and that no process has read ([Index.Unread]). That needs a generation that serves, of
// which each process is known ([Unsure]), and after which none has failed: the cure of a broken boot may be in a file that the
// old version never had. A file that counts only because it is loaded does not count while it is gone: builds begin by a
// removal, and the file's return is a change again.
package loaded

import "path/filepath"

// Index is a report, by file. The zero value knows nothing. It is constant.
type Index struct {
	sure      bool
	read      map[string]bool // files that were read or loaded
	languages map[string]bool // of these files
}

// NewIndex returns the index of a report.
func NewIndex(r Report) *Index {
	x := &Index{r.Unsure == "", map[string]bool{}, map[string]bool{}}
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
		}
	}
	return x
}

// Unread reports whether a file is code that no process of the generation has read.
func (x *Index) Unread(file string) bool {
	language := languages[filepath.Ext(file)]
	return x.sure && language != "" && x.languages[language] && !x.read[file]
}

// languages has the files that runtimes load by themselves, by extension. Any process may read other files.
var languages = map[string]string{
	".js": "js", ".mjs": "js", ".cjs": "js", ".jsx": "js", ".ts": "js", ".mts": "js", ".cts": "js", ".tsx": "js",
	".py": "python",
}
