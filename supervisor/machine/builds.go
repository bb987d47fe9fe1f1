package machine

import (
	"github.com/hotswap-dev/hotswap/supervisor/machine/build"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// requestBuild asks for a fresh generation of what is on disk now: once the steps before the start
// have run, if there are any.
func (m *Machine) requestBuild(r build.Request) {
	if start := m.build.Request(r, m.now); start != nil {
		m.startSoon(*start)
	}
}

// buildEnded starts what was built, or leaves everything as it is.
func (m *Machine) buildEnded(ev build.Ended) {
	start, failed := m.build.End(ev, m.now)
	switch {
	case start != nil:
		m.startSoon(*start)
	case failed != nil: // generations that run go on, and so does a start that is due for another reason
		n := failed.Notice
		n.Next = m.afterBuild(n.Failure)
		m.out.Notify(n)
		m.out.Answer(failed.Tokens, report.Result{Outcome: report.OutcomeFailed, Why: report.WhyBuild,
			Build: &n.Failure})
	}
}

// afterBuild decides what follows a build that failed.
func (m *Machine) afterBuild(f report.BuildFailure) report.Next {
	s, g := m.serving(), m.starting()
	switch {
	case s != nil:
		return report.Next{Kind: report.NextKeeps, Gen: s.Gen}
	case g != nil:
		return report.Next{Kind: report.NextRuns, Gen: g.Gen}
	case m.due != nil:
		return m.replace()
	case m.enough(), !m.policy.Watching && !m.everServed:
		m.end(failureCode(f.Exit, f.Err)) // as after a boot that failed
		return report.Next{Kind: report.NextDone}
	}
	return report.Next{Kind: report.NextWait}
}

// standAlone ends all generations, because a step of the build must run alone. The request of a boot that this ends
// joins that of the build. No generation begins before the build has ended.
func (m *Machine) standAlone(ev build.Alone) {
	if !m.build.AskAlone(ev, len(m.gens)) {
		return
	}
	if g := m.starting(); g != nil {
		old := g.release()
		m.dismiss(g, m.last+1)
		m.build.Join(old)
	}
	m.endService()
}
