package supervisor

import (
	"cmp"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// listening takes one more step towards readiness.
func (m *machine) listening(g *Generation, ev evListening) {
	if ev.unix != "" {
		g.Unix = ev.unix
		if !m.policy.ExplicitReady && !m.policy.MustListen && len(m.lacks(g)) == 0 {
			m.promote(g, "listen") // it is a server, and will not listen on TCP
		}
		return
	}
	m.listens(g, ev)
	if g.ReadySource == "" && (ev.debugger || m.policy.ExplicitReady) {
		return
	}
	m.readyOrSettle(g)
}

// readyOrSettle takes g into service if it lacks no endpoint. Else g may be about to listen
// on the rest, or the port was changed: time tells.
func (m *machine) readyOrSettle(g *Generation) {
	if len(m.lacks(g)) == 0 {
		m.promote(g, cmp.Or(g.ReadySource, "listen"))
		return
	}
	g.due.settle = m.after(m.policy.Settle)
}

// listens records what g listens on, and reports whether that is new.
func (m *machine) listens(g *Generation, ev evListening) bool {
	if ev.debugger {
		m.noteDebugger(g, ev)
	}
	return g.listen(ev.endpoint, ev.debugger)
}

// saysReady believes a generation that says that it is ready, or that a probe reached.
// The news that the generation listens takes another way and may come a moment later, and
// some programs say that they are ready before they listen: they get the time to do so.
func (m *machine) saysReady(g *Generation, ev evReady) {
	if g.ReadySource != "" {
		m.tally.Stale++
		return
	}
	g.ReadySource, g.Announced = cmp.Or(ev.by, "told"), slices.Clone(ev.listens)
	m.readyOrSettle(g)
}

// lacks returns the endpoints that g is to listen on before it takes over.
func (m *machine) lacks(g *Generation) []handoff.Endpoint {
	out := g.missing(m.required(g))
	for _, e := range g.missing(g.Announced) {
		if !slices.Contains(g.Debuggers, e) && !slices.Contains(out, e) {
			out = append(out, e)
		}
	}
	return out
}

// extended gives a boot the time that it asks for. It is never less than it had.
func (m *machine) extended(g *Generation, ev evExtend) {
	if at := g.due.ready; at.IsZero() || !m.after(ev.by).After(at) {
		m.tally.Stale++
		return
	}
	g.due.ready = m.after(ev.by)
}

// promote makes a starting generation that has proved itself the serving one. It relieves
// the one that was.
func (m *machine) promote(g *Generation, by string) {
	old := m.serving()
	g.ServingAt = m.now
	n := NoticeServing{
		Gen: g.ID, Cause: g.Cause, Files: slices.Clone(g.Files), Endpoints: slices.Clone(g.Endpoints), By: by,
		Boot: g.ServingAt.Sub(g.StartedAt), Build: g.Build, Ran: g.Ran, Standby: g.Standby, Warm: g.warm(), Unix: g.Unix, Unserved: g.missing(m.required(g)),
	}
	g.Required, m.left, m.standby.failedBoots = nil, nil, 0
	m.emit(fxCutover{gen: g.ID})
	if old != nil {
		n.Replaces = old.ID
		m.relieve(old, g)
	}
	m.move(g, StateServing)
	m.routeDebuggers() // before the notice
	m.tally.swapped(g, m.everServed)
	m.everServed = true
	m.tell(n)
	m.settle(g, Result{Outcome: OutcomeServes})
}

// listeningMore steers one more endpoint, or one more gate of a known one, to the
// generation that serves.
func (m *machine) listeningMore(g *Generation, ev evListening) {
	if ev.unix != "" {
		g.Unix = ev.unix
		return
	}
	fresh := m.listens(g, ev)
	m.emit(fxCutover{gen: g.ID})
	if fresh {
		m.tell(NoticeListening{Gen: g.ID, Endpoint: ev.endpoint, Debugger: ev.debugger})
	}
}

// listeningLate notes an endpoint of a generation that gets no new connections: clients
// may get to its gate all the same, and must be found there.
func (m *machine) listeningLate(g *Generation, ev evListening) {
	if ev.unix == "" {
		m.listens(g, ev)
	}
	m.tally.Stale++
}

// overdue judges a boot that takes too long. With something serving the boot has failed.
// With nothing serving it is left alone: a kill would help nobody, and the program may be
// one that never listens. Nor does a boot fail that waits for its debugger: people take
// their time.
func (m *machine) overdue(g *Generation) {
	switch {
	case !g.due.settle.IsZero():
		// It listens, and the other deadline decides.
	case m.serving() != nil && !g.Waits:
		m.fail(g, WhyTimeout)
	default:
		g.Overdue = true
		m.tell(NoticeNotListening{
			Gen: g.ID, After: m.now.Sub(g.StartedAt), Lost: g.TrackingLost, Debuggers: slices.Clone(g.Debuggers), Waits: g.Waits,
		})
		m.settle(g, Result{Outcome: OutcomeUnready, Debuggers: slices.Clone(g.Debuggers), Waits: g.Waits})
	}
}

// trackingLost notes that the generation's listens cannot be seen any more. A boot is
// judged by its ready timeout then.
func (m *machine) trackingLost(g *Generation, ev evTrackingLost) {
	if g.TrackingLost {
		m.tally.Stale++
		return
	}
	g.TrackingLost = true
	m.tell(NoticeTrackingLost{Gen: g.ID, Err: ev.err})
}

// A program may never listen on a TCP port: a worker, a job. Nothing tells when such a
// program is ready, and nothing tells it from a server that boots slowly. So for every
// decision it is a boot that goes on: a change ends it before the next generation starts,
// because it may be a program that must be alone, and its end by mistake is a failed boot.
// But when it has lived for [Policy].Lived, people hear that it runs: by a notice, in the
// status, and in the reply to a command.

// mayRun reports whether g counts as running without having listened. It does not if
// anything says that it is a server: a generation that serves or has served, a declared
// address, readiness that is told.
func (m *machine) mayRun(g *Generation) bool {
	told := m.policy.ExplicitReady || m.policy.MustListen || m.policy.ReadyAtStart
	return !told && !g.TrackingLost && !g.Waits && g.Blocked == 0 && m.serving() == nil && len(m.lacks(g)) == 0
}

// lived tells that g runs.
func (m *machine) lived(g *Generation) {
	if !m.mayRun(g) {
		return
	}
	g.Runs = true
	m.tell(NoticeRunning{Gen: g.ID, Cause: g.Cause, Files: slices.Clone(g.Files), Build: g.Build, Ran: g.Ran})
	m.settle(g, Result{Outcome: OutcomeRuns})
}

// Two generations cannot listen at one unix address. When a new one wants the address of
// an older one, that one ends first, as with [StopFirst], and the call of the new one waits
// until it is gone. So the boot of the new one is not lost, and a boot that fails before it
// gets there takes nothing down.

// blocked makes room for g, or notes that a call of g waits no longer.
func (m *machine) blocked(g *Generation, ev evBlocked) {
	if ev.by == 0 {
		m.unblocked(g)
		return
	}
	g.due.lived = time.Time{} // it is a server
	g.Blocked++
	for _, by := range m.gens {
		if by.ID != ev.by || by == g {
			continue
		}
		m.tell(NoticeBlocked{Gen: g.ID, By: by.ID, Address: ev.address})
		switch by.State {
		case StateServing:
			if h := m.held(); h != nil {
				m.retire(h, h.Successor) // none is held while nothing serves
			}
			m.leaveEndpoints(by)
			m.retire(by, 0)
		case StateHeld:
			m.retire(by, by.Successor)
		}
	}
}

// unblocked gives a boot that goes on the time that any boot has.
func (m *machine) unblocked(g *Generation) {
	if g.Blocked == 0 {
		m.tally.Stale++
		return
	}
	if g.Blocked--; g.Blocked == 0 && g.State == StateStarting {
		g.due.ready = m.after(m.policy.ReadyTimeout)
	}
}
