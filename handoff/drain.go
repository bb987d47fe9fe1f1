package handoff

// DrainReport is how the connections of a generation stand that drains.
type DrainReport struct {
	Connections int // of the generation, with clients
	Busy        int // of these, with something under way
	Streams     int // of the busy ones, event streams and others on which the program sends again and again
	// of the busy ones, answers of which the client got something, or requests of which the program did, within the
	// last 15 s
	Flowing int
	// of the busy ones, connections that were in use within the last second, without a request that is known
	Stays   int
	Rests   int // that may bring another request, and that an adapter has neither moved nor ended yet
	Waiting int // clients that are not accepted yet
	Moved   int // requests that another generation answers

	// Idle: nothing is busy or waiting, so that the program may be told to stop.
	Idle bool

	// Retired: the numbers are of a time when the drain knew that the generation does not serve again.
	Retired bool

	// Settled: the next request on each connection goes to the generation that serves, because its adapter says so, or
	// because there is none.
	Settled bool
}

// Free reports whether nothing is under way.
func (r DrainReport) Free() bool { return r.Busy == 0 && r.Waiting == 0 }
