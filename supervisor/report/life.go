package report

import (
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// MaxLives is how many of the newest generations and builds the status remembers.
const MaxLives = 16

// Life is the history of a generation. In a [Status] the times are times of day; zero: it has
// not happened yet.
type Life struct {
	Gen    GenID
	Began  time.Time
	Served time.Time // new connections were steered to it
	Ended  time.Time // its main process ended, did not start, or was given up
	Failed bool      // it failed, crashed or was rolled back
	// Overdue: it was not ready in time, and is left alone, since nothing else serves.
	// NeedsDebugger: it waits for a debugger, or did.
	// Runs: it is known to listen on nothing, as a queue's worker does.
	Overdue, NeedsDebugger, Runs bool
	Serves                       []handoff.Endpoint // what it listens on, without debuggers
}

// BuildLife is when a build ran that may write files, in times of day.
type BuildLife struct {
	Build int
	Began time.Time
	Ended time.Time // zero: it runs
}

// DrainReport is how a drain stands.
type DrainReport struct {
	Connections int // of the generation, with clients
	Busy        int // of these, with something under way
	Streams     int // of the busy ones, event streams and others on which the program sends again and again
	Flowing     int // of the busy ones, answers of which the client got something within the last 15 s
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
