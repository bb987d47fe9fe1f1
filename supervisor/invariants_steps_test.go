package supervisor

import (
	"fmt"
	"slices"
)

// stepsAudit is the auditor's own book of steps: that of each the last run saw the last change
// for which it was asked.
type stepsAudit struct {
	owed    map[string]int // by step, the newest request that asked for it
	running []Step
	began   int // the newest request when the build began
	last    int // request
	alone   bool
}

func keyOf(s Step) string { return fmt.Sprint(s.Dir, " ", s.Command, " ", s.Alone) }

// heard notes what is asked for, and what has run.
func (a *stepsAudit) heard(m *machine, ev event, stopped bool) {
	if a.owed == nil {
		a.owed = map[string]int{}
	}
	switch ev := ev.(type) {
	case evRequest:
		a.last++
		for _, s := range ev.steps {
			if !stopped && !(ev.cause == CauseFirst && m.parent.Last > 0) {
				a.owed[keyOf(s)] = a.last
			}
		}
	case evCommand:
		if ev.cmd == cmdStop || ev.cmd == cmdStopNow {
			a.owed = map[string]int{}
		}
	case evBuilt:
		a.settle(ev.done)
		if ev.failure != nil {
			a.settle([]Step{ev.failure.step}) // given up until its next change
		}
		a.running, a.alone = nil, false
	}
}

// settle forgets steps that have run, unless they were asked for again meanwhile.
func (a *stepsAudit) settle(steps []Step) {
	for _, s := range steps {
		if a.owed[keyOf(s)] <= a.began {
			delete(a.owed, keyOf(s))
		}
	}
}

// stepsBegin checks that a build runs each step once, in order.
func (a *auditor) stepsBegin(fx fxBuild) {
	for i, s := range fx.steps {
		a.want(i == 0 || fx.steps[i-1].Order < s.Order, "steps %v", fx.steps)
	}
	a.steps.running, a.steps.began = fx.steps, a.steps.last
}

// stepsRun checks that no step is forgotten.
func (a *auditor) stepsRun(m *machine) {
	a.want(m.build != nil || m.stopping || a.steps.settled(m), "nobody runs the steps that are owed: %v, waiting: %v", a.steps.owed, m.owed)
}

// settled reports whether each step that is owed waits behind one that failed.
func (a *stepsAudit) settled(m *machine) bool {
	for key := range a.owed {
		if !slices.ContainsFunc(m.owed, func(s Step) bool { return keyOf(s) == key }) {
			return false
		}
	}
	return true
}
