package machine

import (
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/machine/build"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// tally counts what has happened. The zero value has counted nothing.
type tally struct {
	swaps  int                // promotions after the first, also those of the hotswaps before this one, without starts after a crash or for a client
	failed int                // generations, other than such restarts, that did not get ready or failed in their probation
	last   *report.SwapStatus // replaced, never changed: snapshots share it
	gen    GenID              // that it promoted
}

// swapped notes a promotion after a boot. again: it counts as a swap.
func (t *tally) swapped(gen GenID, what build.Request, boot time.Duration, again bool) {
	if again {
		t.swaps++
	}
	t.gen = gen
	t.last = &report.SwapStatus{Cause: string(what.Cause), Files: append([]string{}, what.Files...), BootMS: boot.Milliseconds()}
	for _, step := range what.Ran {
		t.last.Ran = append(t.last.Ran, report.RanStatus{Command: step.Command, Rule: step.Name})
	}
}

// drained notes how long the generation that the last swap relieved took to drain, and how many of its connections were cut.
func (t *tally) drained(successor GenID, took time.Duration, lost int) {
	if t.last == nil || successor == 0 || successor != t.gen {
		return
	}
	swap, ms := *t.last, took.Milliseconds()
	swap.DrainMS, swap.Lost = &ms, lost
	t.last = &swap
}
