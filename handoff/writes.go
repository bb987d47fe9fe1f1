package handoff

import "time"

// Writes knows which files generations and builds have written.
type Writes interface {
	// WatchBuilds asks for what builds write, too, of those that start from now on.
	WatchBuilds()
	// Opened returns who has written a file, which changed at that time, since the last call for that file. open says that
	// the program or a build has the file open for writing now.
	Opened(path string, changed time.Time, open bool) Opening
	// Accesses returns what generations do with files of the project that were there before, from now on. What comes while
	// the channel is full is lost.
	Accesses() <-chan Access
	// Read asks for the reads of files with these names, too, of generations that start from now on. With nil nothing more
	// comes.
	Read(names map[string]bool)
}

// Access is what a generation is about to do with a file.
type Access struct {
	Gen  GenID
	At   time.Time
	Path string // absolute, without symbolic links in its folder
	Kind AccessKind
}

// AccessKind is what a generation does with a file.
type AccessKind uint8

// The kinds.
const (
	Appends  AccessKind = iota // it opens the file for writing at the end
	Empties                    // it truncates the file
	Replaces                   // it puts another file in its place
	Reads
)

// Opening is the last time at which a generation or a build opened a file for writing, removed it or replaced it.
type Opening struct {
	At     time.Time // zero: neither did
	Build  bool      // a build did
	Others bool      // somebody else has written the file too, or may have
}
