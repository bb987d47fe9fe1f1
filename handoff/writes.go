package handoff

import "time"

// Writes knows which files generations and builds have written.
type Writes interface {
	// WatchBuilds asks for what builds write, too, of those that start from now on.
	WatchBuilds()
	// Author returns who has changed a file since the last call for it. One goroutine may call it.
	Author(path string) Author
	// Accesses returns what generations do with files of the project that were there before, from now on. What comes
	// while the channel is full is lost.
	Accesses() <-chan Access
	// Read asks for the reads of files with these names, too, of generations that start from now on. With nil nothing
	// more comes.
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

// Author is who has changed a file.
type Author uint8

// The authors.
const (
	Others     Author = iota // or nobody knows
	TheProgram               // and nobody else
	TheBuild                 // and nobody else
)
