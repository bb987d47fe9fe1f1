package build

import (
	"github.com/hotswap-dev/hotswap/supervisor/machine/internal/sum"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// What the loop reports about a build.
type (
	// Alone: a step of the build waits until no generation is left.
	Alone struct {
		Build int
		Step  report.Step
	}

	// Ended: the build is over, and nothing of the build runs.
	Ended struct {
		Build    int
		Done     []report.Step        // that have succeeded, or were not needed
		Unneeded []report.Step        // those of Done whose commands have not run
		Failure  *report.BuildFailure // nil: the build has succeeded, or was told to end
	}
)

// What the loop is to do.
type (
	// Run starts a build. An [Ended] follows.
	Run struct {
		Build int
		Steps []report.Step
	}

	// GoOn lets the step run for which an [Alone] came.
	GoOn struct{ Build int }

	// Yield ends a build at once if a step runs that is one of To, else after the step that
	// runs. The effect comes again for each newer request.
	Yield struct {
		Build int
		To    []report.Step
	}

	// Stop ends a build. The effect comes again, with Now, if there is no time to wait.
	Stop struct {
		Build int
		Now   bool
	}
)

func (Alone) IsEvent(sum.Seal) {}
func (Ended) IsEvent(sum.Seal) {}

func (Run) IsEffect(sum.Seal)   {}
func (GoOn) IsEffect(sum.Seal)  {}
func (Yield) IsEffect(sum.Seal) {}
func (Stop) IsEffect(sum.Seal)  {}
