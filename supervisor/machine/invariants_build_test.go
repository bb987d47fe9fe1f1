package machine

import (
	"github.com/hotswap-dev/hotswap/supervisor/machine/build"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// buildAudit is the auditor's own book of builds.
type buildAudit struct {
	running int // 0: none
	last    int
	left    int  // steps that have not ended
	halted  bool // the step that runs was told to end
	stale   bool // something was wished for since it began
	credit  bool // one has succeeded, of what nothing newer was wished for before its end, and was not used yet
}

// building checks a build that begins: no other runs, and something is wished for.
func (a *auditor) building(n report.NoticeBuilding) {
	b := &a.build
	a.want(len(n.Steps) > 0, "a build without anything to build with")
	a.want(b.running == 0, "build %d beside %d", n.Build, b.running)
	a.want(n.Build == b.last+1, "build %d after %d", n.Build, b.last)
	a.want(!a.stopped, "build %d after stop", n.Build)
	b.running, b.last, b.left, b.halted, b.stale = n.Build, n.Build, len(n.Steps), false, false
}

// halts checks that the step that runs is ended.
func (a *auditor) halts(fx build.Stop) {
	a.want(a.build.running == fx.Build, "build %d is ended, and %d runs", fx.Build, a.build.running)
	a.want(!a.build.halted || a.build.stale || a.stopped, "build %d is ended twice", fx.Build)
	a.build.halted = true
}

// wished notes what makes a build that runs, or one that has succeeded and was not
// used, worth nothing.
func (a *auditor) wished(m *Machine, ev Event) {
	b := &a.build
	switch ev := ev.(type) {
	case Request:
		b.stale = b.stale || ev.Cause != report.CauseClient
	case Command:
		if st := m.Status().Build; ev.Do == OneAtATime { // what boots, or was refused, may begin again
			b.credit, b.stale = true, b.stale || st != nil && st.State == report.BuildEnding
		}
	case build.Ended:
		if ev.Build != b.running {
			return
		}
		b.left--
		if b.left == 0 || !ev.Done || b.stale || b.halted {
			b.credit = b.credit || ev.Failure == nil && !b.stale && !b.halted
			b.running = 0
		}
	}
}

// fromBuild checks that a start which somebody wished for uses up a build.
func (a *auditor) fromBuild(m *Machine, fx Start) {
	if !a.everything || fx.Cause == report.CauseCrash || fx.Cause == report.CauseClient ||
		fx.Cause == report.CauseFirst && m.before > 0 {
		return
	}
	a.want(a.build.credit, "generation %d starts by %v, and nothing was built for it", fx.Gen, fx.Cause)
	a.want(a.build.running == 0, "generation %d starts by %v while %d builds", fx.Gen, fx.Cause, a.build.running)
	a.build.credit = false
}

// builds checks what the machine says of builds.
func (a *auditor) builds(m *Machine) {
	b, st := &a.build, m.Status().Build
	begun := m.build.Busy()
	a.want(begun == (b.running != 0), "build: %v, begun: %d", st, b.running)
	if begun {
		stopped := st.State == report.BuildEnding
		a.want(stopped == (b.halted || b.stale), "build: %+v, begun: %+v", *st, *b)
		a.want(!b.stale || stopped || a.done > 0, "build %d goes on, of what is no more", b.running)
		a.want(!m.stopping || stopped, "build %d is not wanted, and not told to end", b.running)
		a.want(a.done == 0, "done while build %d runs", b.running)
	}
	a.want(!m.build.Starts() || !m.stopping, "a build is due after stop")
	a.want(m.phase() != report.PhaseWaiting || !m.build.Busy(), "a change is waited for while something builds")
}
