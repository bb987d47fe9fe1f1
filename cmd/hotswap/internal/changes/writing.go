package changes

import (
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// A program that writes watched files would be swapped for ever, but an editor that saves whenever a new version serves looks
// the same. So hotswap guesses nothing from the rhythm of changes, nor from the kind of a file:
//
//   - What a process of the program holds open for writing is its own.
//   - What the program or its build has written, as the kernel reports, is its own, unless somebody else has written the
//     file too. Of --build, the kernel reports that only when a file has changed in two builds in a row.
//   - Where the kernel cannot report that, every change is a swap, whose line names the file.

// writing is what is known of who has made a change.
type writing struct {
	at       time.Time
	loaded   bool // the file counts only because the program has loaded it, or lists packages
	build    int  // in which the file may have changed; 0: none
	building bool // a build has the file open for writing
	open     bool // the program has
	opening  handoff.Opening
}

// recent is how long after a file was opened a change is the program's, if nobody has seen the file open since. Without a
// limit a call that failed would cost a save at any later time.
const recent = 10 * time.Second

// reason returns who has made the change so that nothing follows; "": somebody else has, or nobody knows.
func (w writing) reason() Reason {
	wrote := !w.opening.At.IsZero() && !w.opening.Others && w.at.Sub(w.opening.At) <= recent
	switch {
	case w.loaded && w.build > 0:
		return BuildOutput // the next generation loads what the build has left
	case w.building && !w.opening.Others, wrote && w.opening.Build:
		return ByBuild
	case w.open:
		return Open
	case wrote:
		return ByProgram
	}
	return ""
}
