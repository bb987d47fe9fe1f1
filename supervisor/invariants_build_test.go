package supervisor

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
func (a *auditor) building(m *machine, fx fxBuild) {
	b := &a.build
	a.want(len(fx.steps) > 0, "a build without anything to build with")
	a.want(b.running == 0, "build %d beside %d", fx.build, b.running)
	a.want(fx.build == b.last+1, "build %d after %d", fx.build, b.last)
	a.want(!a.stopped, "build %d after stop", fx.build)
	a.want(m.installing.until.IsZero() || m.installing.own, "build %d begins while packages are being installed", fx.build)
	b.running, b.last, b.halted, b.stale = fx.build, fx.build, false, false
	b.yields = false
}

// halts checks that the build that runs is ended, once unless it is urgent.
func (a *auditor) halts(fx fxStopBuild) {
	a.want(a.build.running == fx.build, "build %d is ended, and %d runs", fx.build, a.build.running)
	a.want(!a.build.halted || a.build.yields || fx.now, "build %d is ended twice", fx.build)
	a.build.halted, a.build.yields = true, false
}

// yields checks that the build that runs gives way.
func (a *auditor) yields(fx fxYieldBuild) {
	a.want(a.build.running == fx.build, "build %d gives way, and %d runs", fx.build, a.build.running)
	a.want(!a.build.halted || a.build.yields, "build %d gives way, and was ended", fx.build)
	a.build.halted, a.build.yields = true, true
}

// wished notes what makes a build that runs, or one that has succeeded and was not
// used, worth nothing.
func (a *auditor) wished(ev event) {
	b := &a.build
	switch ev := ev.(type) {
	case evRequest:
		b.stale = b.stale || ev.cause != CauseFirst
	case evStopFirst:
		b.credit = true // what boots may begin again
	case evBuilt:
		if ev.build == b.running {
			b.credit = b.credit || ev.failure == nil && !b.stale && !b.halted
			b.running = 0
		}
	}
}

// fromBuild checks that a start which somebody wished for uses up a build.
func (a *auditor) fromBuild(m *machine, fx fxStart) {
	if !a.everything || fx.cause == CauseCrash || fx.cause == CauseFirst && m.parent.Last > 0 {
		return
	}
	a.want(a.build.credit, "generation %d starts by %v, and nothing was built for it", fx.gen, fx.cause)
	a.want(a.build.running == 0, "generation %d starts by %v while %d builds", fx.gen, fx.cause, a.build.running)
	a.build.credit = false
}

// builds checks what the machine says of builds.
func (a *auditor) builds(m *machine) {
	b := &a.build
	begun := m.build != nil && !m.build.waits
	a.want(begun == (b.running != 0), "build: %v, begun: %d", m.build, b.running)
	if begun {
		a.want(m.build.id == b.running && m.build.stopped() == b.halted, "build: %+v, begun: %+v", *m.build, *b)
		a.want(m.build.stopped() || m.build.next == nil, "build %d goes on while another is due", b.running)
		a.want(!b.stale || m.build.stopped() || a.done > 0, "build %d goes on, of what is no more", b.running)
		a.want(!m.stopping || m.build.stopped(), "build %d is not wanted, and not told to end", b.running)
		a.want(a.done == 0, "done while build %d runs", b.running)
	}
	a.want(m.build == nil || m.build.next == nil || !m.stopping, "a build is due after stop")
	a.want(!m.waiting() || m.build == nil, "a change is waited for while something builds")
}
