package supervisor

import (
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// maxLives is how many of the newest generations and builds the status remembers.
const maxLives = 16

// Life is the history of a generation. In a [Status] the times are times of day; zero: it has
// not happened yet.
type Life struct {
	Gen    GenID
	Began  time.Time
	Served time.Time // new connections were steered to it
	Ended  time.Time // its main process ended, did not start, or was given up
	Failed bool      // it failed, crashed or was rolled back
	// Overdue: it was not ready in time, and is left alone, since nothing else serves.
	// Waits: it waits for a debugger, or did.
	// Runs: it has lived for a while and listens on nothing, as a queue's worker does.
	Overdue, Waits, Runs bool
	Serves               []handoff.Endpoint // what it listens on, without debuggers
}

// BuildLife is when a build ran, in times of day.
type BuildLife struct {
	Build     int
	Began     time.Time
	Ended     time.Time // zero: it runs
	Succeeded bool
}

// life returns the generation's history.
func (g *Generation) life() Life {
	return Life{
		Gen: g.ID, Began: g.StartedAt, Served: g.ServingAt, Ended: g.EndedAt, Failed: g.Failed || g.State == StateFailed,
		Overdue: g.Overdue, Waits: g.Waits, Runs: g.Runs && g.ServingAt.IsZero(), Serves: slices.Clone(g.Endpoints),
	}
}

// lives returns the histories of the newest generations and of all that may be alive, by
// number.
func (m *machine) lives() []Life {
	out := slices.Clone(m.past)
	for _, g := range m.gens {
		out = append(out, g.life())
	}
	slices.SortFunc(out, func(a, b Life) int { return int(a.Gen - b.Gen) })
	return out
}

// end notes when the generation ended: the first time counts.
func (g *Generation) end(now time.Time) {
	if g.EndedAt.IsZero() {
		g.EndedAt = now
	}
}
