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
	running []report.Step
	began   int // the newest request when the build began
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
		a.settle(ev.Done)
		if ev.Failure != nil {
			a.settle([]report.Step{ev.Failure.Step}) // given up until its next change
		}
		a.running, a.alone = nil, false
	}
}

// settle forgets steps that have run, unless they were asked for again meanwhile.
func (a *stepsAudit) settle(steps []report.Step) {
	for _, s := range steps {
		if a.owed[keyOf(s)] <= a.began {
			delete(a.owed, keyOf(s))
		}
	}
}

// stepsBegin checks that a build runs each step once, in order.
func (a *auditor) stepsBegin(fx build.Run) {
	for i, s := range fx.Steps {
		a.want(i == 0 || fx.Steps[i-1].Order < s.Order, "steps %v", fx.Steps)
	}
	a.steps.running, a.steps.began = fx.Steps, a.steps.last
}

// stepsRun checks that no step is forgotten.
func (a *auditor) stepsRun(m *Machine) {
	a.want(m.build.Busy() || m.stopping || a.steps.settled(m), "nobody runs the steps that are owed: %v, waiting: %v", a.steps.owed, m.Status().Owed)
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
