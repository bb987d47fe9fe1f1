// Package selfwrite tells the changes that a program or its build makes from those of others. A program that writes watched
// files would be swapped for ever, but an editor that saves whenever a new version serves looks the same. So the package
// guesses nothing from the rhythm of changes, nor from the kind of a file:
//
//   - What a process of the program holds open for writing is its own ([Open]).
//   - What the program or its build has written, as the kernel reports, is its own, unless somebody else has written the
//     file too ([Wrote]). Of --build, the kernel reports that only when a file has changed in two builds in a row.
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

// Settled is the time after the start or end of a generation in which its files still count as open: a database is written once
// more when it is closed.
const Settled = 5 * time.Second

// File is a changed file as it is now.
type File struct {
	Name string
	ID   any // identifies the file, whatever its name; comparable
	Gone bool
}

// Open remembers which files the program had open for writing. The zero value is ready.
type Open struct{ was Newest[any] }

// Owns reports whether the program wrote the file. open says that the program has the file open now. stirred is when a
// generation last began or ended.
func (o *Open) Owns(now, stirred time.Time, f File, open bool) bool {
	if !f.Gone && open {
		o.was.Set(f.Name, f.ID)
		return true
	}
	was, known := o.was.Get(f.Name)
	switch {
	case !known:
		return false
	case f.Gone: // a log that was rotated, a journal that was committed
		o.was.Set(f.Name, was)
		return true
	case f.ID == was && now.Sub(stirred) < Settled:
		return true
	}
	o.was.Delete(f.Name) // others have put it there
	return false
}

// writing is how long after a file was opened a change is the program's, if nobody has seen the file open since. Without a
// limit a call that failed would cost a save at any later time.
const writing = 10 * time.Second

// Wrote reports whether the program or its build, and nobody else, made a change at that time.
func Wrote(at time.Time, o handoff.Opening) bool {
	return !o.At.IsZero() && !o.Others && at.Sub(o.At) <= writing
}
