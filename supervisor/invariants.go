package supervisor

import (
	"errors"
	"fmt"
	"time"
)

// auditor checks after every step that what must always hold does. It believes
// nothing of the machine's book-keeping that it can keep itself: timers, replies,
// who was begun and who was forgotten. Tests and fuzz targets run one; it is
// plain code, so that a debug build may too.
type auditor struct {
	timers    map[timerID]time.Time // armed, with their deadlines
	begun     map[GenID]bool
	forgotten map[GenID]bool
	states    map[GenID]State // after the step before
	open      map[token]bool  // commands without a reply
	stopped   bool            // a stop was asked for, or the program finished
	done      int
	problems  []error // of the current step
}

// timerID names a timer.
type timerID struct {
	gen  GenID
	kind timerKind
}

func newAuditor() *auditor {
	return &auditor{
		timers: map[timerID]time.Time{}, begun: map[GenID]bool{}, forgotten: map[GenID]bool{},
		states: map[GenID]State{}, open: map[token]bool{},
	}
}

// check looks at the machine after a step. Call it once per step.
func (a *auditor) check(m *machine, now time.Time, ev event, effects []effect) error {
	a.problems = nil
	wasDone := a.done > 0
	if wasDone {
		a.want(len(effects) == 0, "effects after done: %v", effects)
	} else if c, ok := ev.(evCommand); ok {
		if c.token != 0 {
			a.open[c.token] = true
		}
		a.stopped = a.stopped || c.cmd == cmdStop || c.cmd == cmdStopNow
	}
	if exp, ok := ev.(evExpired); ok {
		id := timerID{exp.gen, exp.timer}
		if at, armed := a.timers[id]; armed && !now.Before(at) {
			delete(a.timers, id)
		}
	}
	for i, fx := range effects {
		a.effect(m, now, fx, i == len(effects)-1)
	}
	a.machine(m, ev)
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
		a.want(m.policy.Strategy != StopFirst || len(m.gens) == 1, "stop-first: %d starts beside another", fx.gen)
		a.begun[fx.gen] = true
	case fxCutover:
		a.known(fx, fx.gen)
		s := m.serving()
		a.want(s != nil && s.ID == fx.gen, "cutover to %d, which does not serve", fx.gen)
	case fxDrain:
		a.known(fx, fx.gen)
	case fxStopSignal:
		a.known(fx, fx.gen)
		a.notServing(m, fx.gen, "stop signal")
	case fxKill:
		a.known(fx, fx.gen)
		a.notServing(m, fx.gen, "kill")
	case fxArm:
		if fx.kind != timerRestart {
			a.known(fx, fx.gen)
		}
		a.want(fx.after > 0, "timer %v of %d armed for %v", fx.kind, fx.gen, fx.after)
		a.timers[timerID{fx.gen, fx.kind}] = now.Add(fx.after)
	case fxDisarm:
		id := timerID(fx)
		_, armed := a.timers[id]
		a.want(armed, "timer %v of %d disarmed while not armed", fx.kind, fx.gen)
		delete(a.timers, id)
	case fxForget:
		a.known(fx, fx.gen)
		a.forgotten[fx.gen] = true
		for kind := range timerCount {
			delete(a.timers, timerID{fx.gen, kind})
		}
	case fxNotice:
		if f, ok := fx.notice.(NoticeFinished); ok && f.Next.Kind == NextDone {
			a.stopped = true
		}
		if f, ok := fx.notice.(NoticeFailed); ok && f.Next.Kind == NextDone {
			a.stopped = true
		}
	case fxReply:
		a.want(a.open[fx.token], "command %d answered twice, or never given", fx.token)
		delete(a.open, fx.token)
	case fxDone:
		a.done++
		a.want(a.done == 1, "done twice")
		a.want(last, "effects after done")
	}
}

// known checks that an effect names a generation that has begun and is not over.
func (a *auditor) known(fx effect, gen GenID) {
	a.want(a.begun[gen] && !a.forgotten[gen], "%T names generation %d, which is unknown or over", fx, gen)
}

// notServing checks that nothing is done to the generation that serves.
func (a *auditor) notServing(m *machine, gen GenID, what string) {
	s := m.serving()
	a.want(s == nil || s.ID != gen, "%s to %d, which serves", what, gen)
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
	a.want(count[StateReady] == 0, "a generation was left ready")
	a.want(count[StateStarting] <= 1, "%d generations are starting", count[StateStarting])
	a.want(count[StateServing] <= 1, "%d generations serve", count[StateServing])
	a.want(m.stopping || drainers <= m.policy.MaxDraining, "%d generations drain", drainers)
	a.want(m.restart == nil || m.pending == nil && count[StateStarting] == 0, "a restart waits beside a start")
	_, armed := a.timers[timerID{0, timerRestart}]
	a.want((m.restart != nil) == armed, "restart wanted: %v, its timer armed: %v", m.restart != nil, armed)
	a.want(m.stopping == a.stopped, "stopping: %v, asked for: %v", m.stopping, a.stopped)
	a.relieved(m, ev)

	clear(a.states)
	for _, g := range m.gens {
		a.states[g.ID] = g.State
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
	for kind := range timerCount {
		a.want(g.deadlines[kind].Equal(a.timers[timerID{g.ID, kind}]), "generation %d: timer %v is not as armed", g.ID, kind)
	}
	_, kill := a.timers[timerID{g.ID, timerKill}]
	a.want(kill || g.State != StateDraining, "generation %d drains without a deadline", g.ID)
	a.want(kill || !g.Killed, "generation %d was killed and nobody looks again", g.ID)
	a.want(len(g.tokens) == 0 || g.State == StateStarting, "generation %d is %v and owes a reply", g.ID, g.State)
}

// relieved checks that the generation that served until now was relieved for a
// reason: a broken save cannot take the service down.
func (a *auditor) relieved(m *machine, ev event) {
	for id, was := range a.states {
		if was != StateServing {
			continue
		}
		if s := m.serving(); s != nil {
			continue // the same, or its successor
		}
		about, ok := ev.(genEvent)
		own := ok && about.about() == id && (ev.kind() == kindExited || ev.kind() == kindGone)
		a.want(own || m.stopping || m.policy.Strategy == StopFirst, "generation %d lost its service by %T", id, ev)
	}
}

// reaches tells whether arrows lead from one state to another.
func reaches(from, to State) bool {
	for _, next := range arrows[from] {
		if next == to || reaches(next, to) {
			return true
		}
	}
	return false
}
