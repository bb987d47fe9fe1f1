package machine

import (
	"github.com/hotswap-dev/hotswap/supervisor/machine/build"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// buildAudit is the auditor's own book of builds.
type buildAudit struct {
	running int // 0: none
	last    int
	halted  bool // it was told to end
	yields  bool // after the step that runs
	stale   bool // something was wished for since it began
	credit  bool // one has succeeded, of what nothing newer was wished for before its end, and was not used yet
}

// building checks a build that begins: no other runs, and something is wished for.
func (a *auditor) building(m *Machine, fx build.Run) {
	b := &a.build
	a.want(len(fx.Steps) > 0, "a build without anything to build with")
	a.want(b.running == 0, "build %d beside %d", fx.Build, b.running)
	a.want(fx.Build == b.last+1, "build %d after %d", fx.Build, b.last)
	a.want(!a.stopped, "build %d after stop", fx.Build)
	b.running, b.last, b.halted, b.stale = fx.Build, fx.Build, false, false
	b.yields = false
}

// halts checks that the build that runs is ended, once unless it is urgent.
func (a *auditor) halts(fx build.Stop) {
	a.want(a.build.running == fx.Build, "build %d is ended, and %d runs", fx.Build, a.build.running)
	a.want(!a.build.halted || a.build.yields || fx.Now, "build %d is ended twice", fx.Build)
	a.build.halted, a.build.yields = true, false
}

// yields checks that the build that runs gives way.
func (a *auditor) yields(fx build.Yield) {
	a.want(a.build.running == fx.Build, "build %d gives way, and %d runs", fx.Build, a.build.running)
	a.want(!a.build.halted || a.build.yields, "build %d gives way, and was ended", fx.Build)
	a.build.halted, a.build.yields = true, true
}

// wished notes what makes a build that runs, or one that has succeeded and was not
// used, worth nothing.
func (a *auditor) wished(ev Event) {
	b := &a.build
	switch ev := ev.(type) {
	case Request:
		b.stale = b.stale || ev.Cause != report.CauseFirst
	case Command:
		b.credit = b.credit || ev.Do == OneAtATime // what boots may begin again
	case build.Ended:
		if ev.Build == b.running {
			b.credit = b.credit || ev.Failure == nil && !b.stale && !b.halted
			b.running = 0
		}
	}
}

// fromBuild checks that a start which somebody wished for uses up a build.
func (a *auditor) fromBuild(m *Machine, fx Start) {
	if !a.everything || fx.Cause == report.CauseCrash || fx.Cause == report.CauseFirst && m.before > 0 {
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
		a.want(stopped == b.halted, "build: %+v, begun: %+v", *st, *b)
		a.want(!b.stale || stopped || a.done > 0, "build %d goes on, of what is no more", b.running)
		a.want(!m.stopping || stopped, "build %d is not wanted, and not told to end", b.running)
		a.want(a.done == 0, "done while build %d runs", b.running)
	}
	a.want(!m.build.Starts() || !m.stopping, "a build is due after stop")
	a.want(!m.idle() || !m.build.Busy(), "a change is waited for while something builds")
}
