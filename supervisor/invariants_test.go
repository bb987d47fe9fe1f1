package supervisor

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// auditor checks after every step that what must always hold does. It believes
// nothing of the machine's book-keeping that it can keep itself: replies,
// who was begun and who was forgotten.
type auditor struct {
	begun     map[GenID]bool
	forgotten map[GenID]bool
	signaled  GenID           // it has just got a drain signal
	final     map[GenID]bool  // their programs know that they end
	last      GenID           // the newest number that was given, to a generation here or to another hotswap
	away      bool            // until a command says so, that one begins the next
	drains    map[GenID]bool  // watched
	states    map[GenID]State // after the step before
	overdue   map[GenID]bool  // after the step before
	open      map[token]bool  // commands without a reply
	standby   standbyAudit
	build     buildAudit
	// everything: each start that is asked for is built.
	everything bool
	steps      stepsAudit
	stopped    bool // a stop was asked for, or the program finished
	done       int
	finished   bool    // in the current step a program finished
	problems   []error // of the current step
}

func newAuditor() *auditor {
	return &auditor{
		final: map[GenID]bool{}, drains: map[GenID]bool{}, begun: map[GenID]bool{}, forgotten: map[GenID]bool{},
		overdue: map[GenID]bool{}, standby: standbyAudit{unbegun: map[GenID]bool{}, spared: map[GenID]time.Duration{}}, states: map[GenID]State{}, open: map[token]bool{},
	}
}

// check looks at the machine after a step. Call it once per step.
func (a *auditor) check(m *machine, now time.Time, ev event, effects []effect) error {
	a.problems, a.finished = nil, false
	wasDone := a.done > 0
	if wasDone {
		a.want(len(effects) == 0, "effects after done: %v", effects)
	} else {
		switch c := ev.(type) {
		case evRequest:
			if c.token != 0 {
				a.open[c.token] = true
			}
		case evCommand:
			if c.token != 0 {
				a.open[c.token] = true
			}
			a.stopped = a.stopped || c.cmd == cmdStop || c.cmd == cmdStopNow
			a.away = a.away && c.cmd != cmdTakeBack
		}
	}
	if !wasDone {
		a.wished(ev)
		a.steps.heard(m, ev, a.stopped)
	}
	a.heard(now, ev)
	for i, fx := range effects {
		switch fx.(type) {
		case fxStart, fxStartStandby, fxRehearse:
			a.want(!m.packagesIncomplete(), "%v while packages are being installed", fx)
		}
		a.effect(m, now, fx, i == len(effects)-1)
	}
	a.goesOn(m, ev, effects)
	a.machine(m, ev)
	a.standbys(m)
	a.builds(m)
	a.stepsRun(m)
	if a.done > 0 && !wasDone {
		a.want(len(a.open) == 0, "%d commands never answered", len(a.open))
		a.want(len(m.gens) == 0, "done while %d generations live", len(m.gens))
	}
	return errors.Join(a.problems...)
}

// want notes what does not hold.
func (a *auditor) want(ok bool, format string, args ...any) {
	if !ok {
		a.problems = append(a.problems, fmt.Errorf(format, args...))
	}
}

// effect checks one effect against all before it.
func (a *auditor) effect(m *machine, now time.Time, fx effect, last bool) {
	switch fx := fx.(type) {
	case fxStart:
		a.want(!a.begun[fx.gen], "generation %d begun twice", fx.gen)
		a.want(!a.stopped, "start of %d after stop", fx.gen)
		a.number(m, fx.gen)
		a.want(!a.away, "generation %d begins while another hotswap begins the next", fx.gen)
		a.want(m.policy.Strategy != StopFirst || len(m.gens) == 1, "stop-first: %d starts beside another", fx.gen)
		a.taken(m, now, fx)
		a.fromBuild(m, fx)
		a.want(fx.cause == CauseCrash || a.steps.settled(m), "generation %d starts by %v, and steps are owed: %v", fx.gen, fx.cause, a.steps.owed)
		a.want(!a.steps.alone, "generation %d starts beside a step that is alone", fx.gen)
		a.begun[fx.gen] = true
	case fxResume:
		a.resumes(fx.gen)
	case fxValidate:
		_, ok := a.standby.unbegun[fx.gen]
		a.want(ok, "%d is looked at, which may have begun its own code", fx.gen)
	case fxInspect:
		a.inspects(m, fx)
	case fxStartStandby:
		a.begunAhead(m, now, fx)
	case fxStopStandby:
		c := a.standby.is
		a.want(c != nil && c.gen == fx.gen && (!c.told || fx.now), "%d is told to end, which is no standby, or twice", fx.gen)
		if c != nil {
			c.told = true
		}
	case fxRehearse:
		a.rehearses(m, fx)
	case fxStopRehearsal:
		a.want(a.standby.rehearses, "a rehearsal ends, and there is none")
		a.standby.halted = true
	case fxBuild:
		a.building(m, fx)
		a.stepsBegin(fx)
	case fxBuildGoesOn:
		a.want(len(m.gens) == 0, "a step that wants to be alone runs beside %d generations", len(m.gens))
		a.steps.alone = true
	case fxYieldBuild:
		a.yields(fx)
	case fxStopBuild:
		a.halts(fx)
	case fxCutover:
		a.known(fx, fx.gen)
		s := m.serving()
		a.want(s != nil && s.ID == fx.gen, "cutover to %d, which does not serve", fx.gen)
	case fxRouteDebugger:
		a.known(fx, fx.gen)
	case fxCloseDebuggers:
		a.known(fx, fx.gen)
		for _, e := range fx.endpoints {
			to := m.debuggers[e]
			a.want(to != fx.gen || a.stopping(m, fx.gen), "debuggers detached from %d, to which they are led", fx.gen)
		}
	case fxDrainSignal:
		a.known(fx, fx.gen)
		a.leftAlone(m, fx.gen, "a drain signal")
		a.want(!a.drains[fx.gen], "%d gets a drain signal, and drains already", fx.gen)
		a.want(m.policy.DrainSignal, "%d gets a drain signal that nobody wants", fx.gen)
		a.signaled, a.final[fx.gen] = fx.gen, true
	case fxTellDrained:
		a.known(fx, fx.gen)
		a.leftAlone(m, fx.gen, "word that it has drained")
		a.want(a.drains[fx.gen], "%d has drained, which does not drain", fx.gen)
		a.final[fx.gen] = true
	case fxDrain:
		want := m.policy.DrainSignal && !fx.held && slices.ContainsFunc(m.gens, func(g *Generation) bool { return g.ID == fx.gen && g.served() })
		a.want((a.signaled == fx.gen) == want, "%d drains, told by a signal: %v", fx.gen, !want)
		a.signaled = 0
		a.known(fx, fx.gen)
		a.want(!a.drains[fx.gen], "%d drains twice", fx.gen)
		a.drains[fx.gen] = true
	case fxUndrain:
		a.known(fx, fx.gen)
		a.want(a.drains[fx.gen], "the drain of %d ends, which does not drain", fx.gen)
		delete(a.drains, fx.gen)
	case fxSignal:
		a.known(fx, fx.gen)
		a.leftAlone(m, fx.gen, "a signal")
	case fxForget:
		a.known(fx, fx.gen)
		a.forgotten[fx.gen] = true
	case fxNotice:
		if n, ok := fx.notice.(NoticeServing); ok {
			a.want(!n.Warm || a.standby.spared[n.Gen] > n.Boot, "generation %d is warm after %v, and was spared %v", n.Gen, n.Boot, a.standby.spared[n.Gen])
		}
		if f, ok := fx.notice.(NoticeFinished); ok {
			a.finished = true
			a.stopped = a.stopped || f.Next.Kind == NextDone
		}
		if f, ok := fx.notice.(NoticeCrashed); ok && f.Next.Kind == NextDone {
			a.stopped = true
		}
		if r, ok := fx.notice.(NoticeRolledBack); ok && r.ByHand {
			a.build.credit = false // what was due is given up
		}
		if f, ok := fx.notice.(NoticeBuildFailed); ok && f.Next.Kind == NextDone {
			a.stopped = true
		}
		if f, ok := fx.notice.(NoticeFailed); ok && f.Next.Kind == NextDone {
			a.stopped = true
		}
	case fxReply:
		if fx.result.Outcome == OutcomeHandedOver {
			a.number(m, fx.result.Gen)
			a.want(a.standby.is == nil && !a.standby.rehearses, "the number %d is given away beside a standby or a rehearsal", fx.result.Gen)
			a.away = true
		}
		a.want(a.open[fx.token], "command %d answered twice, or never given", fx.token)
		delete(a.open, fx.token)
	case fxDone:
		a.done++
		a.want(a.done == 1, "done twice")
		a.want(last, "effects after done")
	}
}

// number checks that no number is left out, and none is given twice.
func (a *auditor) number(m *machine, gen GenID) {
	want := max(a.last, m.parent.Last) + 1
	a.want(gen == want, "the number %d is given, and the next one is %d", gen, want)
	a.last = gen
}

// known checks that an effect names a generation that has begun and is not over.
func (a *auditor) known(fx effect, gen GenID) {
	a.want(a.begun[gen] && !a.forgotten[gen], "%T names generation %d, which is unknown or over", fx, gen)
}

// leftAlone checks that nothing is done to the generation that serves, or that
// may have to serve again.
func (a *auditor) leftAlone(m *machine, gen GenID, what string) {
	for _, g := range m.gens {
		a.want(g.ID != gen || g.State != StateServing && g.State != StateHeld, "%s to %d, which is %v", what, gen, g.State)
	}
}

// machine checks what the machine says of itself.
func (a *auditor) machine(m *machine, ev event) {
	count := map[State]int{}
	drainers := 0
	for _, g := range m.gens {
		count[g.State]++
		if g.drains() {
			drainers++
		}
		a.generation(m, g)
	}
	a.want(count[StateStarting] <= 1, "%d generations are starting", count[StateStarting])
	a.want(count[StateServing] <= 1, "%d generations serve", count[StateServing])
	a.want(count[StateHeld] <= count[StateServing], "%d generations are held beside %d that serve", count[StateHeld], count[StateServing])
	a.want(m.stopping || drainers <= m.policy.MaxDraining, "%d generations drain", drainers)
	a.want(m.repair == nil || m.requested == nil && count[StateStarting] == 0, "a restart waits beside a start")
	a.want((m.repair != nil) == !m.repairAt.IsZero(), "restart wanted: %v, due %v", m.repair != nil, m.repairAt)
	a.want(m.stopping == a.stopped, "stopping: %v, asked for: %v", m.stopping, a.stopped)
	a.relieved(m, ev)
	a.debuggers(m)

	clear(a.states)
	clear(a.overdue)
	for _, g := range m.gens {
		a.states[g.ID] = g.State
		a.overdue[g.ID] = g.Overdue
	}
}

// generation checks one generation that may be alive.
func (a *auditor) generation(m *machine, g *Generation) {
	a.want(!a.forgotten[g.ID], "generation %d was forgotten and is kept", g.ID)
	before, old := a.states[g.ID]
	if !old {
		before = StateStarting
	}
	a.want(before == g.State || reaches(before, g.State), "generation %d went from %v to %v", g.ID, before, g.State)
	d, kill := g.due, !g.due.kill.IsZero()
	boot := !d.ready.IsZero() || !d.settle.IsZero() || !d.lived.IsZero()
	a.want(!boot || g.State == StateStarting, "generation %d is %v, and a deadline of its boot is left", g.ID, g.State)
	a.want(d.stop.IsZero() || g.State == StateDraining, "generation %d is %v, and is to be told to stop", g.ID, g.State)
	a.want(!kill || g.State >= StateDraining, "generation %d is %v, and is to be killed", g.ID, g.State)
	busy := m.policy.DrainForever && (!g.Abandoned || g.Runs) && g.Traffic != trafficIdle
	a.want(kill || busy || g.State != StateDraining, "generation %d drains without a deadline", g.ID)
	a.want(kill || g.Signal != signalKill, "generation %d was killed and nobody looks again", g.ID)
	a.want(!a.drains[g.ID] || g.State == StateHeld || g.State == StateDraining || g.State == StateExited, "generation %d is %v, and its drain goes on", g.ID, g.State)
	hold := !d.hold.IsZero()
	a.want(hold == (g.State == StateHeld), "generation %d is %v, held for a time: %v", g.ID, g.State, hold)
	a.want(a.drains[g.ID] || g.State != StateHeld, "the clients of %d, which is held, do not move on", g.ID)
	a.want(g.State != StateHeld || m.policy.Strategy != StopFirst, "stop-first: %d is held beside another", g.ID)
	a.want(len(g.tokens) == 0 || g.State == StateStarting, "generation %d is %v and owes a reply", g.ID, g.State)
}

// stopping tells that the generation has been told to end.
func (a *auditor) stopping(m *machine, gen GenID) bool {
	i := slices.IndexFunc(m.gens, func(g *Generation) bool { return g.ID == gen })
	return i < 0 || m.gens[i].Signal != signalNone
}

// debuggers checks that each debugger's endpoint leads where it should: to what
// waits for one, else to what serves.
func (a *auditor) debuggers(m *machine) {
	for e, id := range m.debuggers {
		i := slices.IndexFunc(m.gens, func(g *Generation) bool { return g.ID == id })
		a.want(m.ended || i >= 0, "the debugger's %s leads to %d, which is gone", e.Short(), id)
	}
	s := m.serving()
	waits := slices.ContainsFunc(m.gens, func(g *Generation) bool {
		return g.Waits && g.State == StateStarting
	})
	if s == nil || waits || m.ended {
		return
	}
	for _, e := range s.Debuggers {
		a.want(m.debuggers[e] == s.ID || slices.Contains(s.Endpoints, e), "%d serves, and its debugger's %s leads to %d", s.ID, e.Short(), m.debuggers[e])
	}
}

// relieved checks that the generation that served until now was relieved for a
// reason: a broken save cannot take the service down, and while another is held
// not even a crash can.
func (a *auditor) relieved(m *machine, ev event) {
	held := GenID(0)
	c, rollback := ev.(evCommand)
	rollback = rollback && c.cmd == cmdRollback
	if s := m.serving(); s != nil && a.states[s.ID] == StateDraining {
		a.want(rollback && s.Signal == signalNone, "generation %d serves again by %T, told to stop: %v", s.ID, ev, s.Signal != signalNone)
		a.want(!a.final[s.ID] && !slices.Contains(c.leaving, s.ID), "generation %d serves again, whose program was told that it ends", s.ID)
	}
	for id, was := range a.states {
		if was == StateHeld {
			held = id
		}
	}
	for id, was := range a.states {
		if was != StateServing {
			continue
		}
		about, ok := ev.(genEvent)
		own := ok && about.about() == id && (about.kind() == kindExited || about.kind() == kindGone)
		s := m.serving()
		if s == nil {
			b, ok := ev.(evBlocked)
			room := ok && b.by == id && m.starting() != nil && m.starting().ID == b.gen
			_, alone := ev.(evBuildAlone)
			a.want(own || room || alone || m.stopping || m.policy.Strategy == StopFirst, "generation %d lost its service by %T", id, ev)
			a.want(held == 0 || room || alone || m.stopping || a.finished, "nobody serves after %d, and %d was held", id, held)
			continue
		}
		if s.ID == held {
			a.want(own || rollback, "generation %d serves again by %T", held, ev)
		}
	}
}

// reaches tells whether arrows lead from one state to another.
func reaches(from, to State) bool {
	seen, todo := [stateCount]bool{}, []State{from}
	for len(todo) > 0 {
		s := todo[0]
		todo = todo[1:]
		for _, next := range arrows[s] {
			if next == to {
				return true
			}
			if !seen[next] {
				seen[next] = true
				todo = append(todo, next)
			}
		}
	}
	return false
}
