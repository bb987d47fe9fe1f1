package machine

import (
	"fmt"
	"slices"

	"github.com/hotswap-dev/hotswap/supervisor/machine/build"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// stepsAudit is the auditor's own book of steps: that of each the last run saw the last change
// for which it was asked.
type stepsAudit struct {
	owed    map[string]int // by step, the newest request that asked for it
	running report.Step
	began   int // the newest request when that step began
	last    int // request
	alone   bool
}

func keyOf(s report.Step) string { return fmt.Sprint(s.Command, " ", s.Alone) }

// heard notes what is asked for, and what has run.
func (a *stepsAudit) heard(m *Machine, ev Event, stopped bool) {
	if a.owed == nil {
		a.owed = map[string]int{}
	}
	switch ev := ev.(type) {
	case Request:
		a.last++
		for _, s := range ev.Steps {
			if !stopped && !(ev.Cause == report.CauseFirst && m.before > 0) {
				a.owed[keyOf(s)] = a.last
			}
		}
	case Command:
		if ev.Do == Stop || ev.Do == StopNow {
			a.owed = map[string]int{}
		}
	case build.Ended:
		if ev.Done || ev.Failure != nil { // given up until its next change
			a.settle(a.running)
		}
		a.alone = false
	}
}

// settle forgets a step that has run, unless it was asked for again meanwhile.
func (a *stepsAudit) settle(s report.Step) {
	if a.owed[keyOf(s)] <= a.began {
		delete(a.owed, keyOf(s))
	}
}

// stepsInOrder checks that a build runs each step once, in order.
func (a *auditor) stepsInOrder(steps []report.Step) {
	for i, s := range steps {
		a.want(i == 0 || steps[i-1].Order < s.Order, "steps %v", steps)
	}
}

// stepsRun checks that no step is forgotten.
func (a *auditor) stepsRun(m *Machine) {
	a.want(m.build.Busy() || m.asleep != nil || m.stopping ||
		a.steps.settled(m), "nobody runs the steps that are owed: %v, waiting: %v", a.steps.owed, m.Status().Owed)
}

// settled reports whether each step that is owed waits behind one that failed.
func (a *stepsAudit) settled(m *Machine) bool {
	for key := range a.owed {
		if !slices.ContainsFunc(m.Status().Owed, func(s report.Step) bool { return keyOf(s) == key }) {
			return false
		}
	}
	return true
}
