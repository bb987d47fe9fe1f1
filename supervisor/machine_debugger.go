package supervisor

import (
	"slices"

	"github.com/hotswap-dev/hotswap/handoff"
)

// leadDebuggers steers every debugger's endpoint to whom it belongs after what
// has happened, and ends the connections of debuggers to all others: an attached
// one comes back and finds the process that matters now. It is the only place
// that does so.
func (m *machine) leadDebuggers() {
	if m.ended {
		return
	}
	for _, e := range m.debuggers() {
		to := m.debugged(e)
		if to == nil || m.led[e] == to.ID {
			continue
		}
		m.led[e] = to.ID
		m.emit(fxLead{gen: to.ID, endpoint: e})
		for _, g := range m.gens {
			if g != to && slices.Contains(g.Debuggers, e) {
				m.emit(fxDetach{gen: g.ID, endpoints: []handoff.Endpoint{e}})
			}
		}
	}
}

// debugged is the generation that a debugger's endpoint leads to; nil: whoever
// it leads to by now.
//
// One that waits for its debugger is not ready before it has come, so it gets the
// endpoint as soon as it listens. Else the debugger stays with what serves until
// the cutover: a broken save must not cost a session on the process that works.
func (m *machine) debugged(e handoff.Endpoint) *Generation {
	has := func(g *Generation) bool { return g != nil && slices.Contains(g.Debuggers, e) }
	boot, serving := m.starting(), m.serving()
	if boot == nil {
		boot = m.canary()
	}
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

// debuggers are the endpoints of all generations.
func (m *machine) debuggers() []handoff.Endpoint {
	var out []handoff.Endpoint
	for _, g := range m.gens {
		for _, e := range g.Debuggers {
			if !slices.Contains(out, e) {
				out = append(out, e)
			}
		}
	}
	return out
}

// debug notes a debugger's endpoint of g, and that g may wait there.
func (m *machine) debug(g *Generation, l evListening) {
	if m.led[l.endpoint] == g.ID {
		delete(m.led, l.endpoint) // one more gate
	}
	if !l.waits || g.Waits {
		return
	}
	g.Waits = true
	if g.State == StateStarting {
		m.tell(NoticeWaits{Gen: g.ID, Endpoint: l.endpoint})
	}
}

// detach ends the debuggers' connections to a generation that is told to stop
// while others go on. Node does not end as long as it has one; and a process that
// stands at a breakpoint does not hear the signal.
func (m *machine) detach(g *Generation) {
	if !m.stopping && len(g.Debuggers) > 0 {
		m.emit(fxDetach{gen: g.ID, endpoints: slices.Clone(g.Debuggers)})
	}
}
