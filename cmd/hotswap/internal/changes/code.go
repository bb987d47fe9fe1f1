package changes

import (
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
)

// code is what the processes of a generation have loaded and read, as far as they say. Paths are absolute, as
// [watch.Namer] has them.
//
// A change of code that existed before and that no process has read can be ignored. That needs a generation that
// serves, of which each process is known ([process.unsure]), and after which none has failed: the cure of a broken boot
// may be in a file that the old version never had.
type code struct {
	loaded  []string
	since   time.Time // when the first process began that has loaded some; zero: not known
	read    []string  // otherwise, by Node
	python  []string  // by Python
	server  string    // the dev server that a process of the program runs inside itself; "": none
	partial bool      // a thread has not answered the newest question yet, or not with all files
	unsure  string    // why more may have been read; "": no more was
}

// index is code by file. The zero value knows nothing. It is constant.
type index struct {
	sure      bool
	read      map[string]bool // files that were read or loaded
	languages map[string]bool // of these files, but for what is text to the runtime that has read it
}

func newIndex(c code) *index {
	x := &index{c.unsure == "", map[string]bool{}, map[string]bool{}}
	for language, files := range map[string][]string{"js": slices.Concat(c.loaded, c.read), "python": c.python} {
		for _, file := range files {
			x.read[file] = true
			if languages[filepath.Ext(file)] == language && !installed(file) {
				x.languages[language] = true
			}
		}
	}
	return x
}

// unread reports whether a file is code that no process of the generation has read.
func (x *index) unread(file string) bool {
	language := languages[filepath.Ext(file)]
	return x.sure && language != "" && x.languages[language] && !x.read[file]
}

// languages has the files that runtimes load by themselves, by extension. Any process may read other files.
var languages = map[string]string{
	".js": "js", ".mjs": "js", ".cjs": "js", ".jsx": "js", ".ts": "js", ".mts": "js", ".cts": "js", ".tsx": "js",
	".vue": "js", ".svelte": "js", ".astro": "js",
	".py": "python",
}

type process struct {
	standby.Process
	reported bool // the process has reported all that it has loaded and read
	starts   bool // the process only starts others, or only answers them
	waited   bool // a child of the process has ended, of which nothing is known
}

// unsure returns why the process may have read code without a report, or "".
//
// A child that has ended may have been a compiler, a code generator or a bundler, whose output serves; so may every
// process that runs beside the program.
func (p process) unsure() string {
	switch {
	case p.waited:
		return fmt.Sprintf("%s (process %d) has run a program that has ended", p.Name(), p.PID)
	case !p.reported && !p.starts:
		return fmt.Sprintf("%s (process %d) does not say what it reads", p.Name(), p.PID)
	}
	return ""
}
