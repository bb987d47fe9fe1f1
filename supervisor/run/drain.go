package run

import (
	"context"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Drainer returns a watch over the connections of a generation that drains; nil: they cannot be observed.
type Drainer func(DrainSpec) Drain

// Drain is such a watch. Run is called once.
type Drain interface {
	// Run observes until nothing of the program is left, or ctx ends, and calls report when the numbers change, which
	// may block. It returns an error at once if the connections cannot be observed.
	Run(ctx context.Context, report func(report.DrainReport)) error
	// Retire says that the generation does not serve again, or that another hotswap's generation serves now. It may be
	// called at any time.
	Retire()
}

// DrainSpec names the generation's connections.
type DrainSpec struct {
	Gen       report.GenID
	Endpoints []handoff.Endpoint
	Tree      func() []int
	Waiting   func() int  // returns the number of clients in the queues of its gates
	Steered   bool        // new connections go elsewhere
	Last      func() bool // reports whether no generation follows here any more
	StopFirst bool        // no other generation runs before this one has ended
	Reserve   bool        // the generation may serve again: end only what clients renew by themselves
	Streams   func() bool // reports whether streams may be ended in any case, from now on
}
