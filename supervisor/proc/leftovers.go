package proc

// Leftovers describes a run whose hotswap was killed.
type Leftovers struct {
	Marker  string     // NAME=VALUE in the environment of its processes
	Since   uint64     // start time of its hotswap, as in [Identity]; 0: not known, and the marker is ignored
	Roots   []Identity // first processes of its generations
	Keepers []Identity
}

// Outcome is the result of [EndLeftovers].
type Outcome struct {
	Ended int        // processes
	Left  []Identity // processes that do not end or may not be signalled
	Kept  []Identity // keepers that do not end; no other process was signalled
}
