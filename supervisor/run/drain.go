package run

import (
	"context"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Drainer returns a watch over the connections of a generation that drains.
type Drainer func(DrainRequest) Drain

// Drain is such a watch. One goroutine at a time calls Run.
type Drain interface {
	// Run returns nil when nothing is busy, an error when the connections cannot be watched, or
	// when ctx ends. It calls report with the numbers when they change.
	Run(ctx context.Context, report func(report.DrainReport)) error
	// Stopping says that the stop signal has been sent, or that no quiet moment is waited for:
	// from now on Run, also one under way, returns only when no connection is left.
	Stopping()
}

// DrainRequest names the generation's connections.
type DrainRequest struct {
	Gen       GenID
	Endpoints []handoff.Endpoint
	Tree      func() []int
	Waiting   func() int         // returns the number of clients in the queues of its gates
	Steered   bool               // new connections go elsewhere
	Alone     bool               // no other generation runs before this one has ended
	Held      bool               // the generation may serve again: end only what clients renew by themselves
	Streams   func() bool        // reports whether streams may be ended in any case, from now on
	Leave     func(pid int) bool // reports whether the process ends its connections by itself
}
