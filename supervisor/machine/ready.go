package machine

import (
	"cmp"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/machine/debugger"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// listening notes an endpoint of a generation that boots, and checks whether the generation is ready.
func (m *Machine) listening(g *Generation, s *Starting, ev Listening) {
	m.listens(g, ev)
	if s.ReadyBy == "" && (ev.Debugger || m.policy.ExplicitReady || m.isUnknown(g, s, ev.Endpoint)) {
		return
	}
	m.readyOrWait(g, s)
}

// isUnknown reports whether e is a path or of UDP, and nothing shows yet that clients use it: over a path the program's
// own processes may talk, and a port of TCP may follow. If nothing better comes, lived decides.
func (m *Machine) isUnknown(g *Generation, s *Starting, e handoff.Endpoint) bool {
	return isNotTCP(e) && !g.Lived && !slices.ContainsFunc(m.required(s), isNotTCP) &&
		!slices.Contains(m.policy.MustListen, e)
}

func isNotTCP(e handoff.Endpoint) bool { return e.IsUnix() || e.IsUDP() }

// tcpOrAll leaves paths and UDP out if there are ports of TCP, or addresses that were opened for the program: such a
// program may open the others late, or never again.
func (m *Machine) tcpOrAll(list []handoff.Endpoint) []handoff.Endpoint {
	ports := slices.DeleteFunc(slices.Clone(list), func(e handoff.Endpoint) bool {
		return isNotTCP(e) && !slices.Contains(m.policy.MustListen, e)
	})
	if len(ports) > 0 {
		return ports
	}
	return list
}

// completeAfter is how long after its last listen a generation is ready that lacks an endpoint.
const completeAfter = 1500 * time.Millisecond

// readyOrWait promotes g if g lacks no endpoint. Else g may be about to listen on the rest, or the source has changed
// the port: the time of settle decides.
func (m *Machine) readyOrWait(g *Generation, s *Starting) {
	if len(m.lacks(g, s)) == 0 {
		m.promote(g, s, cmp.Or(s.ReadyBy, "listen"))
		return
	}
	s.Complete = m.after(completeAfter)
}

// listens records what g listens on, and reports whether that is new.
func (m *Machine) listens(g *Generation, ev Listening) bool {
	list := &g.Serves
	if ev.Debugger {
		m.noteDebugger(g, ev)
		list = &g.Debuggers
	}
	fresh := !slices.Contains(*list, ev.Endpoint)
	if fresh {
		*list = append(*list, ev.Endpoint)
		if ev.Late {
			g.Late = append(g.Late, ev.Endpoint)
		}
	}
	return fresh
}

// noteDebugger notes a debugger's endpoint of g, and that g may wait there.
func (m *Machine) noteDebugger(g *Generation, ev Listening) {
	m.debuggers.Open(g.Gen, ev.Endpoint)
	g.DebugsItself = g.DebugsItself || ev.DebugsItself
	if !ev.NeedsDebugger || g.NeedsDebugger {
		return
	}
	g.NeedsDebugger = true
	if is[*Starting](g) {
		m.out.Notify(report.NoticeWaits{Gen: g.Gen, Endpoint: ev.Endpoint})
	}
}

// routeDebuggers has every debugger's endpoint lead where it should after what has happened.
func (m *Machine) routeDebuggers() {
	all := make([]debugger.Program, len(m.gens))
	for i, g := range m.gens {
		all[i] = debugger.Program{
			Gen: g.Gen, At: g.Debuggers, Clients: g.Serves,
			Boots: is[*Starting](g), Waits: g.NeedsDebugger || g.DebugsItself, Serves: is[*Serving](g),
		}
	}
	m.debuggers.Route(all)
}

// saysReady handles the report that a generation is ready: its own, or that of a probe which reached it. The event that
// the generation listens comes by another way, perhaps a moment later, and some programs report that they are ready
// before they listen: these get the time to listen.
func (m *Machine) saysReady(g *Generation, s *Starting, ev Ready) {
	if s.ReadyBy != "" {
		return
	}
	s.ReadyBy, s.Announced = cmp.Or(ev.By, "told"), ev.Listens
	m.readyOrWait(g, s)
}

// lacks returns the endpoints that g is to listen on before it takes over.
func (m *Machine) lacks(g *Generation, s *Starting) []handoff.Endpoint {
	// a move
	out := slices.DeleteFunc(g.missing(m.required(s)), func(e handoff.Endpoint) bool {
		return slices.ContainsFunc(g.Serves, e.Excludes)
	})
	for _, e := range g.missing(m.tcpOrAll(s.Announced)) {
		if !slices.Contains(g.Debuggers, e) && !slices.Contains(out, e) {
			out = append(out, e)
		}
	}
	return out
}

// promote makes a starting generation that has proved itself the serving one. It relieves the one that was.
func (m *Machine) promote(g *Generation, s *Starting, by string) {
	old := m.serving()
	g.Served = m.now
	n := report.NoticeServing{
		Origin: g.For.Origin, Gen: g.Gen, Endpoints: g.Serves, By: by,
		Boot: g.Served.Sub(g.Began), Build: g.For.Took, Ran: g.For.Ran, Standby: g.Standby,
		Unserved: g.missing(m.required(s)),
	}
	m.lastServed = nil
	m.standby.Serves()
	m.policy.Portless = m.policy.Portless && len(g.Serves) == 0
	m.out.Emit(Cutover{Gen: g.Gen})
	if old != nil {
		n.Replaces = old.Gen
		m.relieve(old, g)
	}
	m.move(g, &Serving{})
	m.routeDebuggers() // before the notice
	m.runsAgain()
	if again := m.everServed || m.before > 0; again && g.For.Cause != report.CauseCrash &&
		g.For.Cause != report.CauseClient {
		m.swaps++
	}
	m.everServed, m.said = true, ""
	m.slowest, m.givenUp = max(m.slowest, n.Boot), 0
	m.out.Notify(n)
	m.complete(g, report.Result{Outcome: report.OutcomeServes})
}

// listeningMore steers one more endpoint, or one more gate of a known one, to the generation that serves.
func (m *Machine) listeningMore(g *Generation, ev Listening) {
	fresh := m.listens(g, ev)
	m.out.Emit(Cutover{Gen: g.Gen})
	if fresh {
		m.out.Notify(report.NoticeListening{Gen: g.Gen, Endpoint: ev.Endpoint, Debugger: ev.Debugger})
	}
}

// closed forgets an endpoint that g has closed. When g has lost all, what it opens next is no further address, and a
// boot goes on.
func (m *Machine) closed(g *Generation, e handoff.Endpoint) {
	known := slices.Contains(g.Serves, e) || slices.Contains(g.Debuggers, e)
	for _, list := range []*[]handoff.Endpoint{&g.Serves, &g.Late, &g.Debuggers} {
		*list = slices.DeleteFunc(slices.Clone(*list), func(o handoff.Endpoint) bool { return o == e })
	}
	if len(g.Basic()) == 0 {
		g.Late = nil
	}
	switch s := g.State.(type) {
	case *Starting:
		if len(g.Serves) == 0 && s.ReadyBy == "" && !s.Complete.IsZero() {
			s.Complete = time.Time{}
			if s.ReadyUntil.IsZero() {
				s.ReadyUntil = m.after(completeAfter)
			}
		}
	case *Serving:
		if known {
			m.out.Notify(report.NoticeClosed{Gen: g.Gen, Endpoint: e})
		}
	case *Reserve, *Draining, *Over:
	}
}

// overdue judges a boot that takes too long. With something serving the boot has failed. With nothing serving it is
// left alone: a kill would help nobody, and the program may be one that never listens. Nor does a boot fail that waits
// for its debugger: people take their time.
func (m *Machine) overdue(g *Generation, s *Starting) {
	switch {
	case !s.Complete.IsZero():
		// It listens, and the other deadline decides.
	case m.serving() != nil && !g.NeedsDebugger:
		m.fail(g, report.WhyTimeout, nil)
	case g.Runs: // as is known
		g.Overdue = true
	case m.mayRun(g, s) && !m.policy.Listens:
		g.Overdue = true
		m.runs(g)
	// at paths or by UDP
	case m.policy.Server && !m.policy.ExplicitReady && len(g.Serves) > 0 && len(m.lacks(g, s)) == 0:
		m.promote(g, s, "listen")
	default:
		g.Overdue = true
		m.out.Notify(report.NoticeNotListening{Gen: g.Gen, After: m.now.Sub(g.Began), MayRun: !m.policy.Told,
			Debuggers: g.Debuggers})
		m.complete(g, report.Result{Outcome: report.OutcomeUnready, Debuggers: g.Debuggers})
	}
}

// A program may never listen on a TCP port: a worker, a job. Nothing tells when such a program is ready, and nothing
// tells it from a server that boots slowly. So for every decision it is a boot that goes on: a change ends it before
// the next generation starts, because it may be a program that must be alone, and an unexpected end is a failed boot.
// But when it is known to have no port, people hear that it runs: by a notice, in the status, and in the reply to a
// command. That is known of a program that boots for longer than a boot may take, in this run or the last one, and then
// of each later generation.

// mayRun reports whether g may be such a program. It is none if anything says that it is a server: a generation that
// serves or has served, the last run, a port or an address that the user has named, readiness that is told.
func (m *Machine) mayRun(g *Generation, s *Starting) bool {
	told := m.policy.Server || m.policy.ExplicitReady || len(m.policy.MustListen) > 0 || m.policy.ReadyAtStart
	return !told && !g.NeedsDebugger && m.serving() == nil && len(m.lacks(g, s)) == 0
}

// lived promotes g if it listens at a path or gets datagrams. Else g runs, if that is known.
func (m *Machine) lived(g *Generation, s *Starting) {
	switch g.Lived = m.mayRun(g, s); {
	case !g.Lived:
	case len(g.Serves) > 0:
		m.promote(g, s, "listen")
	case m.policy.Portless:
		m.runs(g)
	}
}

func (m *Machine) runs(g *Generation) {
	g.Runs, m.policy.Portless = true, true
	m.runsAgain()
	m.out.Notify(report.NoticeRunning{Origin: g.For.Origin, Gen: g.Gen, Build: g.For.Took, Ran: g.For.Ran})
	m.complete(g, report.Result{Outcome: report.OutcomeRuns})
}
