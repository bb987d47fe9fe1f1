package supervisor

import (
	"slices"

	"github.com/hotswap-dev/hotswap/handoff"
)

// routeDebuggers steers every debugger's endpoint to the generation that it belongs to
// after what has happened, and ends the connections of debuggers to all other
// generations: a debugger that attaches again finds the process that matters now. No
// other function steers such an endpoint.
func (m *machine) routeDebuggers() {
	if m.ended {
		return
	}
	var endpoints []handoff.Endpoint
	for _, g := range m.gens {
		for _, e := range g.Debuggers {
			if !slices.Contains(endpoints, e) {
				endpoints = append(endpoints, e)
			}
		}
	}
	for _, e := range endpoints {
		to := m.debugged(e)
		if to == nil || m.debuggers[e] == to.ID {
			continue
		}
		m.debuggers[e] = to.ID
		m.emit(fxRouteDebugger{gen: to.ID, endpoint: e})
		for _, g := range m.gens {
			if g != to && slices.Contains(g.Debuggers, e) {
				m.emit(fxCloseDebuggers{gen: g.ID, endpoints: []handoff.Endpoint{e}})
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
func (m *machine) debugged(e handoff.Endpoint) *Generation {
	has := func(g *Generation) bool { return g != nil && slices.Contains(g.Debuggers, e) }
	boot, serving := m.starting(), m.serving()
	switch {
	case serving != nil && slices.Contains(serving.Endpoints, e):
		return nil // clients are served there
	case has(boot) && (boot.Waits || serving == nil):
		return boot
	case has(serving):
		return serving
	}
	return nil
}

// noteDebugger notes a debugger's endpoint of g, and that g may wait there.
func (m *machine) noteDebugger(g *Generation, ev evListening) {
	if m.debuggers[ev.endpoint] == g.ID {
		delete(m.debuggers, ev.endpoint) // one more gate
	}
	if !ev.waits || g.Waits {
		return
	}
	g.Waits = true
	if g.State == StateStarting {
		m.tell(NoticeWaits{Gen: g.ID, Endpoint: ev.endpoint})
	}
}

// closeDebuggers ends the debuggers' connections to a generation that is told to stop
// while others go on. Node does not end as long as a debugger is connected; and a process
// that stands at a breakpoint does not handle the signal.
func (m *machine) closeDebuggers(g *Generation) {
	if !m.stopping && len(g.Debuggers) > 0 {
		m.emit(fxCloseDebuggers{gen: g.ID, endpoints: slices.Clone(g.Debuggers)})
	}
}
