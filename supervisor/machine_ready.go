package supervisor

import (
	"cmp"
	"slices"

	"github.com/hotswap-dev/hotswap/handoff"
)

// listening takes one more step towards readiness.
func (m *machine) listening(g *Generation, ev genEvent) {
	l := ev.(evListening)
	m.listens(g, l)
	if g.Told == "" && (l.debugger || m.policy.ExplicitReady) {
		return
	}
	if len(m.lacks(g)) == 0 {
		m.ready(g, cmp.Or(g.Told, "listen"))
		return
	}
	// It may be about to listen on the rest, or the port was changed: time tells.
	g.due.settle = m.after(m.policy.Settle)
}

// listens records what g listens on, and tells whether that is new.
func (m *machine) listens(g *Generation, l evListening) bool {
	if l.debugger {
		m.debug(g, l)
	}
	return g.listen(l.endpoint, l.debugger)
}

// toldReady believes a generation that says so itself, or that a probe reached.
// The news that it listens takes another way and may come a moment later, and
// some say that they are ready before they listen: they get the time to do so.
func (m *machine) toldReady(g *Generation, ev genEvent) {
	if g.Told != "" {
		m.tally.Stale++
		return
	}
	told := ev.(evReady)
	g.Told, g.Promised = cmp.Or(told.by, "told"), slices.Clone(told.listens)
	if len(m.lacks(g)) == 0 {
		m.ready(g, g.Told)
		return
	}
	g.due.settle = m.after(m.policy.Settle)
}

// lacks are the endpoints that g is to listen on before it takes over.
func (m *machine) lacks(g *Generation) []handoff.Endpoint {
	out := g.missing(m.reference(g))
	for _, e := range g.missing(g.Promised) {
		if !slices.Contains(g.Debuggers, e) && !slices.Contains(out, e) {
			out = append(out, e)
		}
	}
	return out
}

// settled takes a generation into service that has not listened anew for long enough.
func (m *machine) settled(g *Generation) { m.ready(g, cmp.Or(g.Told, "settle")) }

// extended gives a boot the time it asks for. It is never less than it had.
func (m *machine) extended(g *Generation, ev genEvent) {
	by := ev.(evExtend).by
	if at := g.due.ready; at.IsZero() || !m.now.Add(by).After(at) {
		m.tally.Stale++
		return
	}
	g.due.ready = m.after(by)
}

// ready takes a starting generation that has proved itself into service, or on
// trial.
func (m *machine) ready(g *Generation, by string) {
	m.move(g, StateReady)
	g.ReadyBy = by
	if m.tried(g) {
		m.try(g)
		return
	}
	m.promote(g)
}

// promote makes a ready generation the serving one, which relieves the one that
// was.
func (m *machine) promote(g *Generation) {
	old := m.serving()
	if !g.served() {
		g.ServingAt = m.now
	}
	n := NoticeServing{
		Gen: g.ID, Cause: g.Cause, Files: slices.Clone(g.Files), Endpoints: slices.Clone(g.Endpoints),
		By: g.ReadyBy, Boot: g.ServingAt.Sub(g.StartedAt), Build: g.Build, Warm: g.Warm, Unix: g.Unix, Unserved: g.missing(m.reference(g)),
	}
	g.Reference, m.left, m.standbys.missed = nil, nil, 0
	m.emit(fxCutover{gen: g.ID})
	if old != nil {
		n.Replaces = old.ID
		m.relieve(old, g)
	}
	m.move(g, StateServing)
	m.leadDebuggers() // before anybody is told
	m.tally.swapped(g, m.everServed)
	m.everServed = true
	m.tell(n)
	m.answer(g.tokens, Result{Outcome: OutcomeServes, Gen: g.ID})
	g.tokens = nil
}

// listeningMore steers one more endpoint, or one more gate of a known one, to
// the generation that serves.
func (m *machine) listeningMore(g *Generation, ev genEvent) {
	l := ev.(evListening)
	fresh := m.listens(g, l)
	m.emit(fxCutover{gen: g.ID})
	if fresh {
		m.tell(NoticeListening{Gen: g.ID, Endpoint: l.endpoint, Debugger: l.debugger})
	}
}

// listeningLate notes an endpoint of a generation that nobody is steered to: clients may get to its gate all the same, and must be found there.
func (m *machine) listeningLate(g *Generation, ev genEvent) {
	l := ev.(evListening)
	m.listens(g, l)
	m.tally.Stale++
}

// overdue judges a boot that takes too long. With something serving it has
// failed. With nothing serving it is left alone: killing it helps nobody, and it
// may be a program that never listens. Nor is one failed by its debugger: people
// take their time.
func (m *machine) overdue(g *Generation) {
	switch {
	case !g.due.settle.IsZero():
		// It listens; the settle timer decides.
	case m.serving() != nil && !g.Waits:
		m.fail(g, WhyTimeout)
	default:
		g.Overdue = true
		m.tell(NoticeNotListening{
			Gen: g.ID, After: m.now.Sub(g.StartedAt), Lost: g.Lost, Debuggers: slices.Clone(g.Debuggers), Waits: g.Waits,
		})
		m.answer(g.tokens, Result{Outcome: OutcomeUnready, Gen: g.ID, Debuggers: slices.Clone(g.Debuggers), Waits: g.Waits})
		g.tokens = nil
	}
}

// lost notes that the generation's listens cannot be seen any more. One that is
// starting has its ready timeout to be judged by.
func (m *machine) lost(g *Generation, ev genEvent) {
	if g.Lost {
		m.tally.Stale++
		return
	}
	g.Lost = true
	m.tell(NoticeTrackingLost{Gen: g.ID, Err: ev.(evLost).err})
}

// bequeath leaves what g served, to the one that starts or will, as the set to
// listen on: so a changed port is noticed although nothing serves any more.
func (m *machine) bequeath(g *Generation) {
	m.left = slices.Clone(g.Endpoints)
	if s := m.starting(); s != nil {
		s.Reference = slices.Clone(m.left)
	}
}
