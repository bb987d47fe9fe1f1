package run

import (
	"context"
	"time"

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
	Patience  time.Duration      // how long to wait for moments that are safe beyond doubt
	Steered   bool               // new connections go elsewhere
	Alone     bool               // no other generation runs before this one has ended
	Held      bool               // the generation may serve again: end only what clients renew by themselves
	Earlier   Drain              // the watch of the generation that was given up last, and ends before this one runs; nil: none was
	Leave     func(pid int) bool // reports whether the process ends its connections by itself
}

const (
	newsFirst = time.Second     // after so long people are told of a drain
	newsAgain = 2 * time.Second // and not again before this, if the numbers have changed
	newsEmpty = 3 * time.Second // a program without any connection may take so long to end
)

// News decides when people who wait for a drain are told how it stands. Most drains are
// over before that.
type News struct {
	Began time.Time
	told  time.Time // zero: not yet
	what  report.DrainReport
	empty time.Time // since when there is no connection; zero: there is one
}

// Look reports whether r is to be told now; if r is news, but too early, after which time to
// look again.
func (n *News) Look(now time.Time, r report.DrainReport) (tell bool, again time.Duration) {
	r.Finished, r.Closed, r.Settled = 0, 0, false // these change all the time
	if r != (report.DrainReport{}) {
		n.empty = time.Time{}
	} else if n.empty.IsZero() {
		n.empty = now
	}
	next := n.Began.Add(newsFirst)
	if !n.told.IsZero() {
		if r == n.what {
			return false, 0
		}
		next = n.told.Add(newsAgain)
	}
	if at := n.empty.Add(newsEmpty); !n.empty.IsZero() && at.After(next) {
		next = at
	}
	if now.Before(next) {
		return false, next.Sub(now)
	}
	n.told, n.what = now, r
	return true, 0
}
