package changes

import "github.com/hotswap-dev/hotswap/handoff"

// A program that writes watched files would be swapped for ever, but an editor that saves whenever a new version serves
// looks the same. So hotswap guesses nothing from the rhythm of changes, nor from the kind of a file: what the program
// or its build has written, and nobody else, is its own. Of --build, the kernel reports that only when a file has
// changed in two builds in a row. Where the kernel cannot report that, every change is a swap, whose line names the
// file.

type writing struct {
	author handoff.Author
	loaded bool // the file counts only because the program has loaded it, or lists packages
	build  int  // in which the file may have changed; 0: none
}

// reason returns who has made the change so that nothing follows; "": somebody else has, or nobody knows.
func (w writing) reason() Reason {
	switch {
	case w.loaded && w.build > 0:
		return BuildOutput // the next generation loads what the build has left
	case w.author == handoff.TheBuild:
		return ByBuild
	case w.author == handoff.TheProgram:
		return ByProgram
	}
	return ""
}
