package standby

import (
	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/machine/internal/sum"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// GenID numbers generations.
type GenID = handoff.GenID

// Event is anything that the loop reports about programs that wait.
type Event interface {
	sum.Event
	standby()
}

// event makes a type one of them.
type event struct{ sum.AnEvent }

func (event) standby() {}

type (
	// Waits: the program waits right before its own code.
	Waits struct {
		event
		Gen GenID
		report.Loaded
	}

	// Ended: nothing of a program that was to wait runs, and its own code has not begun. The program is
	// a standby, or a generation's.
	Ended struct {
		event
		Gen GenID
		Why Why
		Err error // the reason
	}

	// Inspected: an inspection is over. Err says why there can be no standby; if Why is Unknown,
	// what was known before counts.
	Inspected struct {
		event
		Gen   GenID
		Learn bool // a rehearsal would show more
		Why   Why  // Refused or Unknown; "": it is known how a standby is made
		Err   error
	}

	// Rehearsed: nothing of the rehearsal runs.
	Rehearsed struct {
		event
		Learn bool  // another rehearsal would show more
		Why   Why   // Failed: it has ended by itself
		Err   error // why it has not come to its end; nil: it has, or was asked to end
	}
)

// Why is why a standby ended that no generation adopted, or a rehearsal or an inspection.
type Why string

const (
	Asked   Why = "asked"   // Stop, StopRehearsal
	Refused Why = "refused" // there can be none of this generation
	Failed  Why = "failed"  // it ended, or never came to wait
	Unknown Why = "unknown" // a generation has to be inspected first
)

type (
	// Resume releases a parked generation, which then runs the program's code.
	Resume struct {
		sum.AnEffect
		Gen GenID
	}

	// Cold starts a generation in the usual way after [Ended]; the program may run its own code at any time.
	Cold struct {
		sum.AnEffect
		Gen GenID
	}

	// Inspect finds out from the generation that serves how a standby is made. [Inspected] follows,
	// unless a generation begins before. What the last inspection has found out counts until then.
	Inspect struct {
		sum.AnEffect
		Gen GenID
	}

	// Start starts a standby for the generation of that number. [Waits] follows if the standby comes to
	// wait; [Ended] when nothing of it is left, unless a generation adopts it.
	Start struct {
		sum.AnEffect
		Gen   GenID
		Model GenID // the generation that serves; 0: none does
	}

	// Stop ends the standby. [Ended] follows. The effect comes again, with Now, if there is no time to wait.
	Stop struct {
		sum.AnEffect
		Gen GenID
		Now bool
	}

	// Rehearse starts a rehearsal. [Rehearsed] follows.
	Rehearse struct {
		sum.AnEffect
		Model GenID
	}

	// StopRehearsal ends the rehearsal. The effect may come again.
	StopRehearsal struct{ sum.AnEffect }
)
