package machine

import (
	"github.com/hotswap-dev/hotswap/supervisor/machine/build"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// buildOf is the step of a build, as the kernel sees it.
type buildOf struct {
	id    int
	step  report.Step
	told  bool // to end
	asked bool // to be alone, and waits
	alone bool // it is
}

// stepsOf are the steps that the rules of a project have for a change.
func stepsOf(arg int) (steps []report.Step) {
	for i, s := range []report.Step{{Order: 1, Command: "generate"}, {Order: 2, Command: "migrate", Alone: true},
		{Order: 3, Command: "types"}} {
		if arg >= 8 && arg>>i&1 != 0 {
			steps = append(steps, s)
		}
	}
	return steps
}

// built lets the step go on, to its end if it need not wait.
func (w *world) built(fails bool) {
	b := w.build
	waits := b.step.Alone && !b.alone
	switch {
	case b.told:
		w.report(build.Ended{Build: b.id, Done: !fails && !waits})
	case b.asked:
		return
	case waits:
		b.asked = true
		w.report(build.Alone{Build: b.id})
		return
	case fails:
		w.report(build.Ended{Build: b.id, Failure: &report.BuildFailure{Exit: report.Exit{Code: 2}, Step: b.step}})
	default:
		w.report(build.Ended{Build: b.id, Done: true})
	}
	w.build = nil
}
