package build

import (
	"github.com/hotswap-dev/hotswap/supervisor/machine/internal/sum"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// What the loop reports about the step that runs.
type (
	// Alone: the step has to run, and waits until no generation is left.
	Alone struct {
		sum.AnEvent
		Build int
	}

	// Ended: nothing of the step runs.
	Ended struct {
		sum.AnEvent
		Build    int
		Done     bool                 // it has succeeded, or was not needed
		Unneeded bool                 // its command has not run
		Failure  *report.BuildFailure // nil: it is done, or was told to end
	}
)

// What the loop is to do.
type (
	// Run runs a step. An [Ended] follows; before, an [Alone] if the step must be alone and has to run.
	Run struct {
		sum.AnEffect
		Build int
		Step  report.Step
	}

	// GoOn lets the step run for which an [Alone] came.
	GoOn struct {
		sum.AnEffect
		Build int
	}

	// Stop ends the step that runs. The effect may come again; with Now there is no time to wait.
	Stop struct {
		sum.AnEffect
		Build int
		Now   bool
	}
)
