package supervisor

import "slices"

// buildOf is a build, as the kernel sees it.
type buildOf struct {
	id     int
	steps  []Step
	told   bool // to end
	yields bool // to end after the step that runs
	asked  bool // to be alone, and waits
	alone  bool // it is
}

// stepsOf are the steps that the rules of a project have for a change.
func stepsOf(arg int) (steps []Step) {
	for i, s := range []Step{{Order: 1, Command: "generate"}, {Order: 2, Command: "migrate", Alone: true}, {Order: 3, Command: "types"}} {
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
	if !b.told && !b.alone && slices.ContainsFunc(b.steps, func(s Step) bool { return s.Alone }) {
		b.asked = true
		w.report(evBuildAlone{build: b.id})
		return
	}
	ev := evBuilt{build: b.id, done: b.steps}
	switch {
	case b.told && fails:
		ev.done = b.steps[:len(b.steps)/2]
	case b.yields && !fails:
		ev.done = b.steps[:1+len(b.steps)/2]
	case b.told && slices.ContainsFunc(b.steps, func(s Step) bool { return s.Alone }) && !b.alone:
		ev.done = b.steps[:0]
	case fails:
		ev.done = b.steps[:len(b.steps)/2]
		ev.failure = &BuildFailure{Command: "make", Exit: Exit{Code: 2}, step: b.steps[len(b.steps)/2]}
	}
	w.build = nil
	w.report(ev)
}
