package debugged

import (
	"context"
	"net/netip"
	"time"
)

const (
	// lookEvery is how often a process is looked at while changes wait for it.
	lookEvery = 250 * time.Millisecond
	// mayFail is how many looks in a row may fail before the person's debugger counts as gone:
	// a session that stays would keep the program stopped.
	mayFail = 12
	// runsOn is how long a process must run before it counts as running: a person who steps
	// stops it again and again.
	runsOn = 500 * time.Millisecond
)

// Stop is a process that stands still in a debugger.
type Stop struct {
	PID int
	// Wait returns when the process runs on, when its debugger has gone, or when ctx ends. It
	// must be called once, and ends what watches the process.
	Wait func(ctx context.Context)
}

// Find returns a process of a tree that stands still, or nil. inspectors are the addresses
// where these processes listen for debuggers.
func Find(ctx context.Context, tree []int, inspectors []netip.AddrPort) *Stop {
	if s := findTraced(ctx, tree); s != nil {
		return s
	}
	for _, at := range inspectors {
		if s := findInspected(ctx, tree, at); s != nil {
			return s
		}
	}
	return nil
}
