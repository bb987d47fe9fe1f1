// Package tally counts swaps, and knows the newest.
package tally

import (
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/machine/build"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// Tally counts what has happened. The zero value has counted nothing.
type Tally struct {
	Swaps  int                // promotions after the first, also those of the hotswaps before this one, without restarts after a crash
	Failed int                // generations, other than such restarts, that did not get ready or failed in their probation
	Last   *report.SwapStatus // replaced, never changed: snapshots share it
	gen    handoff.GenID      // that it promoted
}

// Swapped notes a promotion after a boot. again: it counts as a swap.
func (t *Tally) Swapped(gen handoff.GenID, what build.Request, boot time.Duration, again bool) {
	if again {
		t.Swaps++
	}
	t.gen = gen
	t.Last = &report.SwapStatus{Cause: string(what.Cause), Files: append([]string{}, what.Files...), BootMS: boot.Milliseconds()}
	for _, step := range what.Ran {
		t.Last.Ran = append(t.Last.Ran, report.RanStatus{Command: step.Command, Rule: step.Name})
	}
}

// Drained notes how long a generation took to drain and how many of its connections were cut, and reports whether that is
// the one which the last swap relieved.
func (t *Tally) Drained(successor handoff.GenID, took time.Duration, lost int) bool {
	if t.Last == nil || successor == 0 || successor != t.gen {
		return false
	}
	swap, ms := *t.Last, took.Milliseconds()
	swap.DrainMS, swap.Lost = &ms, lost
	t.Last = &swap
	return true
}
