package supervisor

import (
	"slices"
	"time"
)

// relieve takes g, which served until now, out of service: by serves. While by is on
// probation g is held, told nothing, so that it can serve again at once. The connections
// that its clients keep are ended between two requests all the same: people who reload a
// page want to see the new version. At most one generation is held: an older one has seen
// its successor pass.
func (m *machine) relieve(g, by *Generation) {
	if h := m.held(); h != nil {
		m.retire(h, h.Successor)
	}
	// A generation that has lost its main process, or has no endpoint, cannot serve again.
	if m.policy.Probation <= 0 || m.policy.Strategy == StopFirst || g.Exited || len(g.Endpoints) == 0 {
		m.retire(g, by.ID)
		return
	}
	m.move(g, StateHeld)
	g.Successor, g.RolledBackFrom = by.ID, 0
	m.emit(fxDrain{gen: g.ID, steered: true, held: true})
	g.due.hold = m.after(m.policy.Probation)
}

// failBack steers back to h in the step in which g, on probation, turns out to have ended.
// What is left of g drains. Nothing is begun: g's program is what is on disk, and would
// fail again.
func (m *machine) failBack(g, h *Generation) {
	m.tally.Failed++
	m.steerBack(g, h)
	m.tell(NoticeRolledBack{
		Gen: g.ID, To: h.ID, Exit: g.Exit, Left: g.Left, Served: m.now.Sub(g.ServingAt), Endpoints: slices.Clone(h.Endpoints),
	})
}

// steerBack makes h, held or draining, the serving generation again, instead of g.
func (m *machine) steerBack(g, h *Generation) {
	m.serveAgain(h, g.ID)
	g.Failed = true
	if g.Exited && g.Left == 0 {
		m.move(g, StateFailed)
	} else {
		m.retire(g, h.ID)
	}
	m.forgetRepair()
}

// serveAgain takes h, held or draining, back into service instead of from.
func (m *machine) serveAgain(h *Generation, from GenID) {
	m.emit(fxUndrain{gen: h.ID}, fxCutover{gen: h.ID})
	m.move(h, StateServing)
	m.routeDebuggers()
	h.DrainAt, h.Successor, h.RolledBackFrom = time.Time{}, 0, from
	m.left = nil
}

// forgetRepair gives up the start that was not asked for.
func (m *machine) forgetRepair() {
	if g := m.starting(); g != nil && !g.Cause.deliberate() {
		m.dismiss(g, m.serving().ID)
	}
	if m.requested != nil && !m.requested.cause.deliberate() {
		m.requested = nil
	}
	if m.repair != nil && !m.repair.cause.deliberate() {
		m.cancelRepair()
	}
}

// heldEnded tells that there is nothing to steer back to any more.
func (m *machine) heldEnded(g *Generation) {
	m.move(g, StateExited)
	m.tell(NoticeHeldEnded{Gen: g.ID, Exit: g.Exit})
}

// rollBack steers back to the generation that served before: the one that is held, or the
// newest that drains and was not told that it ends. A start or build that is under way or
// due would undo that, and is given up.
func (m *machine) rollBack(tokens []token, leaving []GenID) {
	g := m.serving()
	to, told := m.previous(leaving)
	if to == nil {
		m.tell(NoticeNoRollback{Told: told})
		m.answer(tokens, Result{Outcome: OutcomeNothing, Gen: told})
		return
	}
	n := NoticeRolledBack{To: to.ID, Endpoints: slices.Clone(to.Endpoints), ByHand: true}
	if g != nil {
		m.forgetStarts(to.ID)
		n.Gen, n.Served = g.ID, m.now.Sub(g.ServingAt)
		m.steerBack(g, to)
	} else { // it has crashed
		n.Gen = m.tally.swapGen
		m.serveAgain(to, n.Gen)
		m.forgetStarts(to.ID)
	}
	m.backoff.reset()
	m.tell(n)
	m.answer(tokens, Result{Outcome: OutcomeRolledBack, Gen: to.ID})
}

// previous returns the generation that could serve again instead of the one that does, or
// did until it crashed; or nil. told is the newest generation that could not only because its
// program knows that it ends; 0: there is none. leaving is as in evCommand: such a program was told
// by the start of its drain.
func (m *machine) previous(leaving []GenID) (g *Generation, told GenID) {
	if h := m.held(); h != nil {
		return h, 0
	}
	before := m.last
	if s := m.serving(); s != nil {
		before = s.ID
	} else if m.policy.Strategy == StopFirst || m.build.ownsAll() {
		return nil, 0 // its place is being made free
	}
	for _, g := range slices.Backward(m.gens) {
		if g.ID >= before || !g.unsignaled() || g.Failed || len(g.Endpoints) == 0 {
			continue
		}
		if !g.Final && !slices.Contains(leaving, g.ID) {
			return g, told
		}
		told = max(told, g.ID)
	}
	return nil, told
}

// forgetStarts gives up every start and build that is under way or due, in favour of by.
func (m *machine) forgetStarts(by GenID) {
	if g := m.starting(); g != nil {
		m.dismiss(g, by)
	}
	for _, r := range []*startRequest{m.requested, m.repair} {
		if r != nil {
			m.answer(r.tokens, Result{Outcome: OutcomeSuperseded, By: by})
		}
	}
	m.requested = nil
	m.cancelRepair()
	m.forgetBuilds(Result{Outcome: OutcomeSuperseded, By: by})
}
