// Package selfwrite tells the changes that a program or its build makes from those of others. A program that writes watched
// files would be swapped for ever, but an editor that saves whenever a new version serves looks the same. So the package
// guesses nothing from the rhythm of changes, nor from the kind of a file:
//
//   - What a process of the program holds open for writing is its own ([Open]).
//   - What the program or its build has written, as the kernel reports, is its own, unless somebody else has written the
//     file too ([Wrote]).
//   - Where the kernel cannot report that, every change is a swap, whose line names the file.
//   - A file that has changed at each of 60 starts in a row, whoever writes it, causes no more swaps at starts and soon after
//     ([Detector.Note]). What answers starts is still then; a later change is a person's, and counts.
//
// The package is pure: times and answers come with the calls.
package selfwrite

import (
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// writing is how long after a file was opened a change is the program's, if nobody has seen the file open since. Without a
// limit a call that failed would cost a save at any later time.
const writing = 10 * time.Second

// Wrote reports whether the program or its build, and nobody else, made a change at that time.
func Wrote(at time.Time, o handoff.Opening) bool {
	return !o.At.IsZero() && !o.Others && at.Sub(o.At) <= writing
}
