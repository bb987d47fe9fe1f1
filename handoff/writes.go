package handoff

import "time"

// Writes knows which files generations and builds have written.
type Writes interface {
	// Watch sets whether generations and builds that start from now on are watched.
	Watch(on bool)
	// Watched reports whether all that a generation, or a build, writes is known.
	Watched(build bool, number int) bool
	// Opened returns when a watched generation or build last opened the file before a change at that time, and whether a
	// build did; zero: neither did. Opened discards the openings until then.
	Opened(path string, changed time.Time) (at time.Time, build bool)
}
