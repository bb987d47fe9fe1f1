package machine

import (
	"cmp"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// listening takes one more step towards readiness.
func (m *Machine) listening(g *Generation, ev Listening) {
	if ev.Unix != "" {
		g.Unix = ev.Unix
		if !m.policy.ExplicitReady && !m.policy.MustListen && len(m.lacks(g)) == 0 {
			m.promote(g, "listen") // it is a server, and will not listen on TCP
		}
		return
	}
	m.listens(g, ev)
	if g.Starting.ReadyBy == "" && (ev.Debugger || m.policy.ExplicitReady) {
		return
	}
	m.readyOrSettle(g)
}

// readyOrSettle promotes g if g lacks no endpoint. Else g may be about to listen
// on the rest, or the port was changed: time tells.
func (m *Machine) readyOrSettle(g *Generation) {
	if len(m.lacks(g)) == 0 {
		m.promote(g, cmp.Or(g.Starting.ReadyBy, "listen"))
		return
	}
	g.Starting.Settle = m.after(settle)
}

// listens records what g listens on, and reports whether that is new.
func (m *Machine) listens(g *Generation, ev Listening) bool {
	if ev.Debugger {
		m.noteDebugger(g, ev)
	}
	return g.listen(ev.Endpoint, ev.Debugger)
}

// saysReady believes a generation that says that it is ready, or that a probe reached.
// The news that the generation listens takes another way and may come a moment later, and
// some programs say that they are ready before they listen: these get the time to listen.
func (m *Machine) saysReady(g *Generation, ev Ready) {
	if g.Starting.ReadyBy != "" {
		return
	}
	g.Starting.ReadyBy, g.Starting.Announced = cmp.Or(ev.By, "told"), slices.Clone(ev.Listens)
	m.readyOrSettle(g)
}

// lacks returns the endpoints that g is to listen on before it takes over.
func (m *Machine) lacks(g *Generation) []handoff.Endpoint {
	out := g.missing(m.required(g))
	for _, e := range g.missing(g.Starting.Announced) {
		if !slices.Contains(g.Debuggers, e) && !slices.Contains(out, e) {
			out = append(out, e)
		}
	}
	return out
}

// extended gives a boot the time that it asks for. It is never less than it had.
func (m *Machine) extended(g *Generation, ev Extend) {
	if at := g.Starting.Ready; at.IsZero() || !m.after(ev.By).After(at) {
		return
	}
	g.Starting.Ready = m.after(ev.By)
}

// promote makes a starting generation that has proved itself the serving one. It relieves
// the one that was.
func (m *Machine) promote(g *Generation, by string) {
	old := m.serving()
	g.Served = m.now
	n := report.NoticeServing{
		Gen: g.Gen, Cause: g.For.Cause, Files: slices.Clone(g.For.Files), Endpoints: slices.Clone(g.Serves), By: by,
		Boot: g.Served.Sub(g.Began), Build: g.For.Took, Ran: g.For.Ran, Standby: g.Standby, Unix: g.Unix, Unserved: g.missing(m.required(g)),
	}
	m.left = nil
	m.standby.Serves()
	m.emit(Cutover{Gen: g.Gen})
	if old != nil {
		n.Replaces = old.Gen
		m.relieve(old, g)
	}
	m.move(g, StateServing)
	m.routeDebuggers() // before the notice
	m.runsAgain()
	m.tally.swapped(g, m.everServed && g.For.Cause != report.CauseCrash)
	m.everServed = true
	m.emit(n)
	m.complete(g, report.Result{Outcome: report.OutcomeServes})
}

// listeningMore steers one more endpoint, or one more gate of a known one, to the
// generation that serves.
func (m *Machine) listeningMore(g *Generation, ev Listening) {
	if ev.Unix != "" {
		g.Unix = ev.Unix
		return
	}
	fresh := m.listens(g, ev)
	m.emit(Cutover{Gen: g.Gen})
	if fresh {
		m.emit(report.NoticeListening{Gen: g.Gen, Endpoint: ev.Endpoint, Debugger: ev.Debugger})
	}
}

// listeningLate notes an endpoint of a generation that gets no new connections: clients
// may get to its gate all the same, and must be found there.
func (m *Machine) listeningLate(g *Generation, ev Listening) {
	if ev.Unix == "" {
		m.listens(g, ev)
	}
}

// overdue judges a boot that takes too long. With something serving the boot has failed.
// With nothing serving it is left alone: a kill would help nobody, and the program may be
// one that never listens. Nor does a boot fail that waits for its debugger: people take
// their time.
func (m *Machine) overdue(g *Generation) {
	switch {
	case !g.Starting.Settle.IsZero():
		// It listens, and the other deadline decides.
	case m.serving() != nil && !g.Waits:
		m.fail(g, report.WhyTimeout, nil)
	default:
		g.Overdue = true
		m.emit(report.NoticeNotListening{
			Gen: g.Gen, After: m.now.Sub(g.Began), Lost: g.Blind, Debuggers: slices.Clone(g.Debuggers), Waits: g.Waits,
		})
		m.complete(g, report.Result{Outcome: report.OutcomeUnready, Debuggers: slices.Clone(g.Debuggers), Waits: g.Waits})
	}
}

// trackingLost notes that the generation's listens cannot be seen any more. A boot is
// judged by its ready timeout then.
func (m *Machine) trackingLost(g *Generation, ev TrackingLost) {
	if g.Blind {
		return
	}
	g.Blind = true
	m.emit(report.NoticeTrackingLost{Gen: g.Gen, Err: ev.Err})
}

// A program may never listen on a TCP port: a worker, a job. Nothing tells when such a
// program is ready, and nothing tells it from a server that boots slowly. So for every
// decision it is a boot that goes on: a change ends it before the next generation starts,
// because it may be a program that must be alone, and its end by mistake is a failed boot.
// But when it has lived for a while, people hear that it runs: by a notice, in the
// status, and in the reply to a command.

// mayRun reports whether g counts as running without having listened. It does not if
// anything says that it is a server: a generation that serves or has served, a declared
// address, readiness that is told.
func (m *Machine) mayRun(g *Generation) bool {
	told := m.policy.ExplicitReady || m.policy.MustListen || m.policy.ReadyAtStart
	return !told && !g.Blind && !g.Waits && g.Starting.Blocked == 0 && m.serving() == nil && len(m.lacks(g)) == 0
}

// lived tells that g runs.
func (m *Machine) lived(g *Generation) {
	if !m.mayRun(g) {
		return
	}
	g.Runs = true
	m.runsAgain()
	m.emit(report.NoticeRunning{Gen: g.Gen, Cause: g.For.Cause, Files: slices.Clone(g.For.Files), Build: g.For.Took, Ran: g.For.Ran})
	m.complete(g, report.Result{Outcome: report.OutcomeRuns})
}

// Two generations cannot listen at one unix address. When a new one wants the address of
// an older one, that one ends first, as with [StopFirst], and the call of the new one waits
// until it is gone. So the boot of the new one is not lost, and a boot that fails before it
// gets there takes nothing down.

// blocked makes room for g, or notes that a call of g waits no longer.
func (m *Machine) blocked(g *Generation, ev Blocked) {
	if ev.By == 0 {
		m.unblocked(g)
		return
	}
	g.Starting.Lived = time.Time{} // it is a server
	g.Starting.Blocked++
	for _, by := range m.gens {
		if by.Gen != ev.By || by == g {
			continue
		}
		m.emit(report.NoticeBlocked{Gen: g.Gen, By: by.Gen, Address: ev.Address})
		switch by.State {
		case StateServing:
			if h := m.held(); h != nil {
				m.retire(h, h.Held.Successor) // none is held while nothing serves
			}
			m.leaveEndpoints(by)
			m.retire(by, 0)
		case StateHeld:
			m.retire(by, by.Held.Successor)
		}
	}
}

// unblocked gives a boot that goes on the time that any boot has.
func (m *Machine) unblocked(g *Generation) {
	if g.Starting.Blocked == 0 {
		return
	}
	if g.Starting.Blocked--; g.Starting.Blocked == 0 && g.State == StateStarting {
		g.Starting.Ready = m.after(m.policy.ReadyTimeout)
	}
}
