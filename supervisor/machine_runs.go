package supervisor

import "slices"

// A program may never listen on a TCP port: a worker, a job. Nothing tells when such a
// program is ready, and nothing tells it from a server that boots slowly. So for every
// decision of the machine it is a boot that goes on: a change ends it before the next
// generation starts, because it may be a program that must be alone, and its end by
// mistake is a failed boot. But when it has lived for [Policy].Lived, people hear that it
// runs: by a notice, in the status, and in the reply to a command.
//
// A server at a unix address is known as soon as a generation listens at an address at
// which an earlier one has listened. Such a generation serves.

// evListeningUnix: the generation listens at a unix address at which an earlier one has.
type evListeningUnix struct {
	gen     GenID
	address string
}

func (evListeningUnix) kind() eventKind { return kindListeningUnix }
func (e evListeningUnix) about() GenID  { return e.gen }

// mayRun reports whether g counts as running without having listened. It does not if
// something says that it is a server: a generation that serves or has served, a declared
// address, readiness that is told.
func (m *machine) mayRun(g *Generation) bool {
	told := m.policy.ExplicitReady || m.policy.MustListen || m.policy.ReadyAtStart
	return !told && !g.Lost && !g.Waits && g.Blocked == 0 && m.serving() == nil && len(m.lacks(g)) == 0
}

// lived tells that g runs.
func (m *machine) lived(g *Generation) {
	if !m.mayRun(g) {
		return
	}
	g.Lived = true
	m.tell(NoticeRunning{Gen: g.ID, Cause: g.Cause, Files: slices.Clone(g.Files), Build: g.Build})
	m.answer(g.tokens, Result{Outcome: OutcomeRuns, Gen: g.ID})
	g.tokens = nil
}

// runs reports whether g is a boot of which people have heard that it runs.
func (g *Generation) runs() bool { return g != nil && g.Lived && g.State == StateStarting }

// listeningUnix takes a server at a unix address into service.
func (m *machine) listeningUnix(g *Generation, ev genEvent) {
	g.Unix = ev.(evListeningUnix).address
	if g.State == StateStarting && !m.policy.ExplicitReady && !m.policy.MustListen && len(m.lacks(g)) == 0 {
		m.ready(g, "listen")
	}
}
