package supervisor

import (
	"slices"
	"time"
)

// relieve takes g, which served until now, out of service: by does. While by is
// on probation g is held, told nothing, so that it can serve again at once; the
// connections that its clients keep are ended between two requests all the same,
// for who reloads a page wants to see the new version. At most one is held: an
// older one that still is has seen its successor hold.
func (m *machine) relieve(g, by *Generation) {
	if h := m.held(); h != nil {
		m.retire(h, h.SucceedBy)
	}
	hold := m.hold(g)
	if hold <= 0 {
		m.retire(g, by.ID)
		return
	}
	m.move(g, StateHeld)
	g.SucceedBy, g.RolledBackFrom = by.ID, 0
	m.emit(fxDrain{gen: g.ID, steered: true, held: true})
	g.due.hold = m.after(hold)
}

// hold is how long g is held after it was relieved. One that has lost its main
// process, or has no endpoint, could not be steered back to.
func (m *machine) hold(g *Generation) time.Duration {
	if m.policy.Strategy == StopFirst || g.Exited || len(g.Endpoints) == 0 {
		return 0
	}
	return m.policy.Probation
}

// failBack steers back to h in the step in which g, on probation, turns out to
// have ended. What is left of g drains. Nothing is begun: g's program is what is
// on disk, and would fail again.
func (m *machine) failBack(g, h *Generation) {
	m.tally.Failed++
	m.steerBack(g, h)
	m.tell(NoticeRolledBack{
		Gen: g.ID, To: h.ID, Exit: g.Exit, Left: g.Left, Served: m.now.Sub(g.ServingAt), Endpoints: slices.Clone(h.Endpoints),
	})
}

// steerBack makes h, held or draining, the serving generation again, instead of
// g.
func (m *machine) steerBack(g, h *Generation) {
	m.serveAgain(h, g.ID)
	g.Failed = true
	if g.Exited && g.Left == 0 {
		m.move(g, StateFailed)
	} else {
		m.retire(g, h.ID)
	}
	m.forgetRestart()
}

// serveAgain takes h, held or draining, back into service instead of from.
func (m *machine) serveAgain(h *Generation, from GenID) {
	m.emit(fxUndrain{gen: h.ID})
	h.DrainAt = time.Time{}
	m.emit(fxCutover{gen: h.ID})
	m.move(h, StateServing)
	m.leadDebuggers()
	h.SucceedBy, h.RolledBackFrom = 0, from
	m.left = nil
}

// forgetRestart gives up the start that nobody wished for.
func (m *machine) forgetRestart() {
	if g := m.starting(); g != nil && !g.Cause.deliberate() {
		m.dismiss(g, m.serving().ID)
	}
	if m.pending != nil && !m.pending.cause.deliberate() {
		m.pending = nil
	}
	if m.restart != nil && !m.restart.cause.deliberate() {
		m.cancelRestart()
	}
}

// exitedHeld notes the end of a generation that nobody is steered to. What its
// main process has left has clients still.
func (m *machine) exitedHeld(g *Generation, ev genEvent) {
	m.noteExit(g, ev.(evExited))
	if g.Left > 0 {
		m.retire(g, g.SucceedBy)
		return
	}
	m.heldEnded(g)
}

// heldEnded tells that there is nothing to steer back to any more.
func (m *machine) heldEnded(g *Generation) {
	m.move(g, StateExited)
	m.tell(NoticeHeldEnded{Gen: g.ID, Exit: g.Exit})
}
