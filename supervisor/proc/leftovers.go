package proc

// Leftovers is what is known of a run whose hotswap was killed.
type Leftovers struct {
	Marker  string     // NAME=VALUE, in the environment of its processes
	Since   uint64     // when its hotswap began, as in [Identity]; 0: not known, and then the marker does not count
	Roots   []Identity // the first processes of its generations
	Keepers []Identity
}

// Outcome is what came of an attempt to end leftovers.
type Outcome struct {
	Ended int        // processes
	Left  []Identity // processes that do not end, or that this user may not signal
	Kept  []Identity // keepers that do not end; then nothing was tried
}
