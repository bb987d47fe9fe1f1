package supervisor

import "slices"

// A program may never listen on a TCP port: a worker, or a server on a unix socket.
// Nothing tells when such a program is ready. So a generation that has lived for
// [Policy].Lived counts as running, unless something says that it is a server: the
// generation before served, an address was declared, readiness is told. It may be a
// server all the same that boots slowly; it serves once it listens. Until it does, or
// until a boot should be over ([Policy].ReadyTimeout), an end by mistake is a failed
// boot, after which only a change helps.

// ByLived is how a generation was found ready that listens on nothing, in
// [NoticeServing].
const ByLived = "lived"

// mayRun reports whether g counts as running without having listened.
func (m *machine) mayRun(g *Generation) bool {
	told := m.policy.ExplicitReady || m.policy.MustListen || m.policy.ReadyAtStart
	return !told && !g.Lost && !g.Waits && g.Blocked == 0 && len(m.lacks(g)) == 0
}

// runs reports whether g was found to run and listens on nothing.
func (g *Generation) runs() bool { return g.ReadyBy == ByLived && len(g.Endpoints) == 0 }

// boots reports whether g runs, and may be a server that still boots.
func (g *Generation) boots() bool { return g.runs() && !g.Overdue }

// lived takes a generation into service that has lived for long enough.
func (m *machine) lived(g *Generation) {
	if m.mayRun(g) {
		m.ready(g, ByLived)
	}
}

// opened makes a generation that runs one that serves: it listens.
func (m *machine) opened(g *Generation) {
	m.disarm(g, timerReady)
	g.ServingAt, g.ReadyBy, g.Overdue = m.now, "listen", false
	m.everServed = true
	m.tally.booted(g)
	m.tell(NoticeServing{
		Gen: g.ID, Cause: g.Cause, Files: slices.Clone(g.Files), Full: g.Full, Endpoints: slices.Clone(g.Endpoints),
		By: g.ReadyBy, Boot: g.ServingAt.Sub(g.StartedAt), Build: g.Build, Warm: g.Warm,
	})
}
