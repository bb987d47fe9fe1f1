package machine

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/machine/build"
	"github.com/hotswap-dev/hotswap/supervisor/machine/debugger"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// auditor checks after every step that what must always hold does. It believes
// nothing of the machine's book-keeping that it can keep itself: replies,
// who was begun and who was forgotten.
type auditor struct {
	begun     map[GenID]bool
	forgotten map[GenID]bool
	told      map[GenID]bool        // people know what became of it
	last      GenID                 // the newest number that was given, to a generation here or to another hotswap
	away      bool                  // until a command says so, that one begins the next
	drains    map[GenID]bool        // watched → for good: not held
	states    map[GenID]string      // after the step before
	open      map[report.Token]bool // commands without a reply
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
		drains: map[GenID]bool{}, begun: map[GenID]bool{}, forgotten: map[GenID]bool{}, told: map[GenID]bool{},
		states: map[GenID]string{}, open: map[report.Token]bool{},
	}
}

// check looks at the machine after a step. Call it once per step.
func (a *auditor) check(m *Machine, now time.Time, ev Event, effects []Effect) error {
	a.problems, a.finished = nil, false
	wasDone := a.done > 0
	if wasDone {
		a.want(len(effects) == 0, "effects after done: %v", effects)
	} else {
		switch c := ev.(type) {
		case Request:
			for _, t := range callers(c.Token) {
				a.open[t] = true
			}
		case Command:
			if c.Token != 0 {
				a.open[c.Token] = true
			}
			a.stopped = a.stopped || c.Do == Stop || c.Do == StopNow || c.Do == Release
			a.away = a.away && c.Do != Thaw
		}
	}
	if !wasDone {
		a.wished(m, ev)
		a.steps.heard(m, ev, a.stopped)
	}
	for i, fx := range effects {
		a.effect(m, now, fx, i == len(effects)-1)
	}
	if g, ok := ev.(Gone); ok && a.begun[g.Gen] {
		a.want(a.forgotten[g.Gen], "generation %d is gone, and is kept", g.Gen)
	}
	if c, ok := ev.(Closed); ok {
		a.want(!slices.ContainsFunc(m.gens, func(g *Generation) bool {
			return g.Gen == c.Gen && slices.Contains(g.Serves, c.Endpoint)
		}), "%d serves what it has closed", c.Gen)
	}
	a.machine(m, ev)
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
func (a *auditor) effect(m *Machine, now time.Time, fx Effect, last bool) {
	switch fx := fx.(type) {
	case Start:
		a.want(!a.begun[fx.Gen], "generation %d begun twice", fx.Gen)
		a.want(!a.stopped, "start of %d after stop", fx.Gen)
		a.number(m, fx.Gen)
		a.want(!a.away, "generation %d begins while another hotswap begins the next", fx.Gen)
		a.want(m.policy.Strategy != StopFirst || len(m.gens) == 1, "stop-first: %d starts beside another", fx.Gen)
		a.fromBuild(m, fx)
		a.want(fx.Cause == report.CauseCrash ||
			a.steps.settled(m), "generation %d starts by %v, and steps are owed: %v", fx.Gen, fx.Cause, a.steps.owed)
		a.want(!a.steps.alone, "generation %d starts beside a step that is alone", fx.Gen)
		a.begun[fx.Gen] = true
	case build.Run:
		a.want(a.build.running == fx.Build && !a.build.halted && !a.build.stale, "a step of build %d begins: %+v",
			fx.Build, a.build)
		a.steps.running, a.steps.began = fx.Step, a.steps.last
	case build.GoOn:
		a.want(len(m.gens) == 0, "a step that wants to be alone runs beside %d generations", len(m.gens))
		a.steps.alone = true
	case build.Stop:
		a.halts(fx)
	case Cutover:
		a.known(fx, fx.Gen)
		s := m.serving()
		g := m.generation(fx.Gen) // the request that waited for it may have ended it at once
		a.want(s != nil && s.Gen == fx.Gen || g != nil && is[*Draining](g) && g.Served.Equal(now) &&
			m.policy.Strategy == StopFirst, "cutover to %d, which does not serve", fx.Gen)
	case debugger.Route:
		a.known(fx, fx.Gen)
	case debugger.Close:
		a.known(fx, fx.Gen)
		for _, e := range fx.Endpoints {
			to := m.debuggers.Leads[e]
			a.want(to != fx.Gen || a.stopping(m, fx.Gen), "debuggers detached from %d, to which they are led", fx.Gen)
		}
	case Drain:
		a.known(fx, fx.Gen)
		_, drains := a.drains[fx.Gen]
		a.want(!drains || !a.drains[fx.Gen] && !fx.Reserve, "%d drains twice", fx.Gen)
		a.drains[fx.Gen] = !fx.Reserve
	case Undrain:
		a.known(fx, fx.Gen)
		_, drains := a.drains[fx.Gen]
		a.want(drains, "the drain of %d ends, which does not drain", fx.Gen)
		delete(a.drains, fx.Gen)
	case Signal:
		a.known(fx, fx.Gen)
		a.leftAlone(m, fx.Gen, "a signal")
	case Discard:
		a.known(fx, fx.Gen)
		a.want(a.told[fx.Gen] || a.stopped, "nobody was told what became of generation %d", fx.Gen)
		a.forgotten[fx.Gen] = true
	case Notify:
		a.notice(fx.Notice)
	case Reply:
		if fx.Result.Outcome == report.OutcomeNumber {
			a.number(m, fx.Result.Gen)
			a.want(m.standby.Quiet(), "the number %d is given away beside a standby or a rehearsal", fx.Result.Gen)
			a.away = true
		}
		a.want(a.open[fx.Token], "command %d answered twice, or never given", fx.Token)
		delete(a.open, fx.Token)
	case Done:
		a.done++
		a.want(a.done == 1, "done twice")
		a.want(last, "effects after done")
	}
}

// notice notes what people have been told.
func (a *auditor) notice(n report.Notice) {
	next := report.NextKind("")
	switch n := n.(type) {
	case report.NoticeFinished:
		a.finished, next, a.told[n.Gen] = true, n.Next.Kind, true
	case report.NoticeCrashed:
		next, a.told[n.Gen] = n.Next.Kind, true
	case report.NoticeDrained:
		a.told[n.Gen] = true
	case report.NoticeBuilding:
		a.building(n)
		a.stepsInOrder(n.Steps)
	case report.NoticeBuildFailed:
		next = n.Next.Kind
	case report.NoticeFailed:
		next, a.told[n.Gen] = n.Next.Kind, true
	case report.NoticeRolledBack:
		a.told[n.Gen] = true
		a.build.credit = a.build.credit && !n.ByHand // else what was due is given up
	}
	a.stopped = a.stopped || next == report.NextDone
}

// number checks that no number is left out, and none is given twice.
func (a *auditor) number(m *Machine, gen GenID) {
	want := max(a.last, m.before) + 1
	a.want(gen == want, "the number %d is given, and the next one is %d", gen, want)
	a.last = gen
}

// known checks that an effect names a generation that has begun and is not over.
func (a *auditor) known(fx Effect, gen GenID) {
	a.want(a.begun[gen] && !a.forgotten[gen], "%T names generation %d, which is unknown or over", fx, gen)
}

// leftAlone checks that nothing is done to the generation that serves, or that
// may have to serve again.
func (a *auditor) leftAlone(m *Machine, gen GenID, what string) {
	for _, g := range m.gens {
		a.want(g.Gen != gen || !is[*Serving](g) && !is[*Reserve](g), "%s to %d, which is %v", what, gen, g.State.name())
	}
}

// machine checks what the machine says of itself.
func (a *auditor) machine(m *Machine, ev Event) {
	count := map[string]int{}
	for _, g := range m.gens {
		count[g.State.name()]++
		a.generation(m, g)
	}
	a.want(count[report.StateStarting] <= 1, "%d generations are starting", count[report.StateStarting])
	a.want(count[report.StateServing] <= 1, "%d generations serve", count[report.StateServing])
	a.want(count[report.StateReserve] <= count[report.StateServing], "%d generations are held beside %d that serve",
		count[report.StateReserve], count[report.StateServing])
	a.want(m.dueAt.IsZero() || m.due != nil && count[report.StateStarting] == 0,
		"nothing waits until %v, or beside a start", m.dueAt)
	a.want(m.asleep == nil || m.Foremost() == 0 && m.due == nil && !m.build.Busy() && !m.stopping,
		"it sleeps, and something begins")
	a.want(m.stopping == a.stopped, "stopping: %v, asked for: %v", m.stopping, a.stopped)
	a.relieved(m, ev)
	a.debuggers(m)

	clear(a.states)
	for _, g := range m.gens {
		a.states[g.Gen] = g.State.name()
	}
}

// generation checks one generation that may be alive.
func (a *auditor) generation(m *Machine, g *Generation) {
	a.want(!a.forgotten[g.Gen], "generation %d was forgotten and is kept", g.Gen)
	before, old := a.states[g.Gen]
	if !old {
		before = report.StateStarting
	}
	state, kill := g.State.name(), !g.Kill.IsZero()
	a.want(before == state || reaches(before, state), "generation %d went from %v to %v", g.Gen, before, state)
	a.want(!kill || is[*Draining](g) || is[*Over](g), "generation %d is %v, and is to be killed", g.Gen, state)
	d, isDraining := g.State.(*Draining)
	busy := isDraining && m.policy.DrainForever && (g.served() || g.Lived) && (!d.Idle || g.Drain.Observed.Unwatched)
	streams := g.Drain.Observed.Report.Flowing > 0 && m.policy.StreamTimeout == 0 && g.Sent == SentNone
	a.want(kill || busy || streams || !isDraining, "generation %d drains without a deadline", g.Gen)
	a.want(kill || g.Sent != SentKill, "generation %d was killed and nobody looks again", g.Gen)
	final, drains := a.drains[g.Gen]
	h, held := g.State.(*Reserve)
	a.want(!drains || held || isDraining || state == report.StateExited, "generation %d is %v, and its drain goes on",
		g.Gen, state)
	a.want(!held || !h.Until.IsZero(), "generation %d is held for ever", g.Gen)
	a.want(drains && !final || !held, "the clients of %d, which is held, do not move on", g.Gen)
	a.want(!held || m.policy.Strategy != StopFirst, "stop-first: %d is held beside another", g.Gen)
	a.want(len(g.For.Tokens) == 0 || is[*Starting](g), "generation %d is %v and owes a reply", g.Gen, state)
}

// stopping tells that the generation has been told to end.
func (a *auditor) stopping(m *Machine, gen GenID) bool {
	i := slices.IndexFunc(m.gens, func(g *Generation) bool { return g.Gen == gen })
	return i < 0 || m.gens[i].Sent != SentNone
}

// debuggers checks that each debugger's endpoint leads where it should: to what
// waits for one, else to what serves.
func (a *auditor) debuggers(m *Machine) {
	for e, id := range m.debuggers.Leads {
		i := slices.IndexFunc(m.gens, func(g *Generation) bool { return g.Gen == id })
		a.want(m.ended || i >= 0, "the debugger's %s leads to %d, which is gone", e.Short(), id)
	}
	s := m.serving()
	waits := slices.ContainsFunc(m.gens, func(g *Generation) bool {
		return (g.NeedsDebugger || g.DebugsItself) && is[*Starting](g)
	})
	if s == nil || waits || m.ended {
		return
	}
	for _, e := range s.Debuggers {
		a.want(m.debuggers.Leads[e] == s.Gen ||
			slices.Contains(s.Serves, e), "%d serves, and its debugger's %s leads to %d", s.Gen, e.Short(),
			m.debuggers.Leads[e])
	}
}

// relieved checks that the generation that served until now was relieved for a
// reason: a broken save cannot take the service down, and while another is held
// not even a crash can.
func (a *auditor) relieved(m *Machine, ev Event) {
	held := GenID(0)
	c, ok := ev.(Command)
	rollback := ok && c.Do == Rollback
	if s := m.serving(); s != nil && a.states[s.Gen] == report.StateDraining {
		a.want(false, "generation %d, which drained, serves again by %T", s.Gen, ev)
	}
	for id, was := range a.states {
		if was == report.StateReserve {
			held = id
		}
	}
	for id, was := range a.states {
		if was != report.StateServing {
			continue
		}
		own := ends(ev, id)
		s := m.serving()
		if s == nil {
			_, alone := ev.(build.Alone)
			a.want(own || alone || ok && c.Do == Sleep || m.stopping || m.policy.Strategy == StopFirst,
				"generation %d lost its service by %T", id, ev)
			refused := ok && c.Do == OneAtATime && c.Gen == id // beside the one that was held
			a.want(held == 0 || alone || refused || m.stopping || a.finished, "nobody serves after %d, and %d was held",
				id, held)
			continue
		}
		if s.Gen == held {
			a.want(own || rollback, "generation %d serves again by %T", held, ev)
		}
	}
}

// ends tells whether an event is the end of the generation, or of its main process, or as good as that.
func ends(ev Event, id GenID) bool {
	switch ev := ev.(type) {
	case Exited:
		return ev.Gen == id
	case Unwell:
		return ev.Gen == id
	case Gone:
		return ev.Gen == id
	}
	return false
}
