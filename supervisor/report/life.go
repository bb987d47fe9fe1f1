package report

import (
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// MaxLives is how many of the newest generations and builds the status remembers.
const MaxLives = 16

// Life is the history of a generation. In a [Status] the times are times of day; zero: it has not happened yet.
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
	// of Serves: it listened there when it was ready, so a later one may do so, too
	Late []handoff.Endpoint
}

// Basic returns what the generation listened on when it became ready.
func (l *Life) Basic() []handoff.Endpoint {
	return slices.DeleteFunc(slices.Clone(l.Serves), func(e handoff.Endpoint) bool {
		return slices.Contains(l.Late, e)
	})
}

// BuildLife is when a build ran that may write files, in times of day.
type BuildLife struct {
	Build int
	Began time.Time
	Ended time.Time // zero: it runs
	Only  bool      // nothing starts after it
}

// DrainReport is how a drain stands.
type DrainReport = handoff.DrainReport
