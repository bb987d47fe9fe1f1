package handoff

// DrainReport is how the connections of a generation stand that drains.
type DrainReport struct {
	Connections int // of the generation, with clients
	Busy        int // of these, with something under way
	Streams     int // of the busy ones, event streams and others on which the program sends again and again
	Flowing     int // of the busy ones, answers of which the client got something, or requests of which the program did, within the last 15 s
	Stays       int // of those in use, connections that cannot move: of other machines, of proxies, of blocking programs
	Waiting     int // clients that are not accepted yet
	Moved       int // requests that another generation answers
	Closed      int // connections closed on the program's behalf

	// Idle: nothing was busy or waiting at several looks in a row, so that the program may be told to stop.
	Idle bool

	// Retired: the numbers are of a time when the drain knew that the generation does not serve again.
	Retired bool

	// Settled: the next request on each connection that a client of this machine has kept goes to the generation that
	// serves, as far as is known.
	Settled bool
}

// Free reports whether nothing is under way.
func (r DrainReport) Free() bool { return r.Busy == 0 && r.Waiting == 0 }
