package machine

import (
	"slices"

	"github.com/hotswap-dev/hotswap/supervisor/machine/build"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// buildOf is a build, as the kernel sees it.
type buildOf struct {
	id     int
	steps  []report.Step
	told   bool // to end
	yields bool // to end after the step that runs
	asked  bool // to be alone, and waits
	alone  bool // it is
}

// stepsOf are the steps that the rules of a project have for a change.
func stepsOf(arg int) (steps []report.Step) {
	for i, s := range []report.Step{{Order: 1, Command: "generate"}, {Order: 2, Command: "migrate", Alone: true}, {Order: 3, Command: "types"}} {
		if arg >= 8 && arg>>i&1 != 0 {
			steps = append(steps, s)
		}
	}
	return steps
}

// built lets the build go on, to its end if no step has to wait.
func (w *world) built(fails bool) {
	b := w.build
	if b.asked && !b.told {
		return
	}
	if !b.told && !b.alone && slices.ContainsFunc(b.steps, func(s report.Step) bool { return s.Alone }) {
		b.asked = true
		w.report(build.Alone{Build: b.id})
		return
	}
	ev := build.Ended{Build: b.id, Done: b.steps}
	switch {
	case b.told && fails:
		ev.Done = b.steps[:len(b.steps)/2]
	case b.yields && !fails:
		ev.Done = b.steps[:1+len(b.steps)/2]
	case b.told && slices.ContainsFunc(b.steps, func(s report.Step) bool { return s.Alone }) && !b.alone:
		ev.Done = b.steps[:0]
	case fails:
		ev.Done = b.steps[:len(b.steps)/2]
		ev.Failure = &report.BuildFailure{Exit: report.Exit{Code: 2}, Step: b.steps[len(b.steps)/2]}
	}
	w.build = nil
	w.report(ev)
}
