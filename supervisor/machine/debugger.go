package machine

import (
	"slices"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// routeDebuggers steers every debugger's endpoint to the generation that the endpoint belongs to after what has
// happened, and ends the connections of debuggers to all other generations: a debugger that attaches again finds the
// process that matters now. No other function steers such an endpoint.
func (m *Machine) routeDebuggers() {
	if m.ended {
		return
	}
	for _, of := range m.gens {
		for _, e := range of.Debuggers {
			to := m.debugged(e)
			if to == nil || m.debuggers[e] == to.Gen {
				continue
			}
			m.debuggers[e] = to.Gen
			m.out.Emit(RouteDebugger{Gen: to.Gen, Endpoint: e})
			for _, g := range m.gens {
				if g != to && slices.Contains(g.Debuggers, e) {
					m.out.Emit(CloseDebuggers{Gen: g.Gen, Endpoints: []handoff.Endpoint{e}})
				}
			}
		}
	}
}

// debugged returns the generation that a debugger's endpoint belongs to; nil: the one that
// the endpoint leads to by now.
//
// A boot that waits for its debugger is not ready before the debugger has connected, so it
// gets the endpoint as soon as it listens. Else the debugger stays with what serves until the
// cutover: a broken save must not cost a session on the process that works.
func (m *Machine) debugged(e handoff.Endpoint) *Generation {
	has := func(g *Generation) bool { return g != nil && slices.Contains(g.Debuggers, e) }
	boot, serving := m.starting(), m.serving()
	switch {
	case serving != nil && slices.Contains(serving.Serves, e):
		return nil // clients are served there
	case has(boot) && (boot.NeedsDebugger || serving == nil):
		return boot
	case has(serving):
		return serving
	}
	return nil
}

// noteDebugger notes a debugger's endpoint of g, and that g may wait there.
func (m *Machine) noteDebugger(g *Generation, ev Listening) {
	if m.debuggers[ev.Endpoint] == g.Gen {
		delete(m.debuggers, ev.Endpoint) // one more gate
	}
	if !ev.NeedsDebugger || g.NeedsDebugger {
		return
	}
	g.NeedsDebugger = true
	if is[*Starting](g) {
		m.out.Notify(report.NoticeWaits{Gen: g.Gen, Endpoint: ev.Endpoint})
	}
}

// closeDebuggers ends the debuggers' connections to a generation that is told to stop while others go on. Node does not
// end as long as a debugger is connected; and a process that stands at a breakpoint does not handle the signal.
func (m *Machine) closeDebuggers(g *Generation) {
	if !m.stopping && len(g.Debuggers) > 0 {
		m.out.Emit(CloseDebuggers{Gen: g.Gen, Endpoints: slices.Clone(g.Debuggers)})
	}
}
