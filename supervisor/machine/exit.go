package machine

import (
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/machine/build"
	"github.com/hotswap-dev/hotswap/supervisor/machine/policy"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// exited decides what follows the end of the main process.
func (m *Machine) exited(g *Generation, ev Exited) {
	g.Exited, g.Exit, g.Left, g.Said = true, ev.Exit, ev.Left, ev.Said
	g.end(m.now)
	switch g.State.(type) {
	case *Starting:
		if g.Exit.Clean() && m.serving() == nil && m.due == nil && (!m.policy.Watching || !m.everServed) {
			m.finish(g)
		} else {
			m.fail(g, report.WhyExited, nil)
		}
	case *Serving:
		if m.finished(g) {
			m.finish(g)
		} else {
			m.crash(g, false)
		}
	case *Reserve:
		if g.Left > 0 { // these processes may still have clients
			m.retire(g, 0)
		} else {
			m.move(g, &Over{})
			m.out.Notify(report.NoticeDrained{Gen: g.Gen})
		}
	case *Draining, *Over:
	}
}

// finished reports whether a serving program did its work, and did not crash: it ended with code 0 and either never
// listened, or no change is waited for that would start it again.
func (m *Machine) finished(g *Generation) bool {
	if !g.Exit.Clean() || m.starting() != nil || m.due != nil || m.reserve() != nil {
		return false // while another is held g is a server, which ended too soon
	}
	return len(g.Serves) == 0 || !m.policy.Watching && g.Left == 0
}

// finish treats the clean end of the program as intended. Without watched files hotswap ends too.
func (m *Machine) finish(g *Generation) {
	m.move(g, &Over{})
	if g.Left > 0 {
		m.kill(g)
	}
	next := report.Next{Kind: report.NextWait}
	switch {
	case m.build.Starts():
		next.Kind = report.NextStart
	case !m.policy.Watching, m.stopping:
		next.Kind = report.NextDone
		m.beginShutdown(g.Exit.Code)
	}
	m.out.Notify(report.NoticeFinished{Gen: g.Gen, Left: g.Left, Took: m.now.Sub(g.Began), Next: next})
	m.complete(g, report.Result{Outcome: report.OutcomeFinished})
}

// fail gives up a generation that is not ready. The generation that serves goes on. err says why the generation could
// not be started; nil: it was started.
func (m *Machine) fail(g *Generation, why report.Why, err error) {
	m.move(g, &Over{Failed: true})
	m.givenUp = 0
	g.end(m.now)
	if g.For.Cause != report.CauseCrash {
		m.failedSwaps++
	}
	if g.Standby {
		m.standby.BootFailed()
	}
	if why == report.WhyTimeout || g.Left > 0 {
		m.kill(g)
	}
	r := report.Result{Outcome: report.OutcomeFailed, Gen: g.Gen, Why: why, Exit: g.Exit, Err: err,
		Debuggers: g.Debuggers, Listened: len(g.Serves) > 0}
	next := m.afterFailure(g, err)
	m.out.Notify(report.NoticeFailed{Result: r, Origin: g.For.Origin, Left: g.Left,
		After: m.now.Sub(g.Began), Next: next})
	m.complete(g, r)
}

// afterFailure decides what follows a generation that did not get ready. One that ends at once with the same words as
// what was asked for would do so again: a change is waited for.
func (m *Machine) afterFailure(g *Generation, err error) report.Next {
	s := m.serving()
	again := g.Said != "" && g.Said == m.said && !g.Runs && !g.Overdue && m.policy.Watching && m.policy.MaxCrashes == 0
	if g.For.Cause != report.CauseCrash {
		m.said, again = g.Said, false
	}
	switch {
	case s == nil && m.enough():
		m.end(failureCode(g.Exit, err))
		return m.endsAfter()
	case m.due != nil: // it has waited for g's turn
		return report.Next{Kind: report.NextStart}
	case s != nil && s.orphaned():
		return m.restart()
	case s != nil:
		return report.Next{Kind: report.NextKeeps, Gen: s.Gen}
	case m.everServed && !again:
		return m.restart()
	case m.build.Starts():
		return report.Next{Kind: report.NextStart}
	case !m.policy.Watching:
		// No client has been served and nothing is going to change: the caller of hotswap
		// gets the failure, instead of retries for ever.
		m.beginShutdown(failureCode(g.Exit, err))
		return report.Next{Kind: report.NextDone}
	case !again && (g.Overdue || g.For.Cause == report.CauseCrash):
		// It had run for longer than a boot takes, or the one before it had: it is rather a
		// worker, which never listens, than a broken save.
		return m.restart()
	}
	return report.Next{Kind: report.NextWait}
}

// notStarted is EX_UNAVAILABLE of sysexits.h: the program cannot be executed.
const notStarted = 69

// failureCode is what hotswap ends with because the program has failed: the end as a shell tells it, but 1 if that was
// clean, or if nobody saw it. err says why the program did not start.
func failureCode(e report.Exit, err error) int {
	if err != nil {
		return notStarted
	}
	return max(1, e.Status())
}

// crash ends the service of a generation whose main process ended by itself. If nothing of the generation is left,
// clients wait at its gates until the next one binds. What is left serves until its replacement is ready. counted: its
// wrapper's end was a crash already.
func (m *Machine) crash(g *Generation, counted bool) {
	if h := m.reserve(); h != nil {
		m.failBack(g, h, "")
		return
	}
	g.Failed = true
	m.healthyAt = time.Time{}
	n := report.NoticeCrashed{Gen: g.Gen, Exit: g.Exit, Left: g.Left, Served: m.now.Sub(g.Served)}
	if g.Left == 0 {
		m.leaveEndpoints(g)
		m.move(g, &Over{Failed: true})
	}
	if m.stopping || !counted && m.enough() {
		code := failureCode(g.Exit, nil)
		n.Next = m.endsAfter()
		if m.stopping { // the delay is over
			code, n.Next.Crashes = m.code, 0
		}
		m.out.Notify(n)
		m.end(code) // the rest of its tree drains
		return
	}
	n.Next = m.replace()
	m.out.Notify(n)
}

// enough reports whether the crash of now is the last that may come in a row.
func (m *Machine) enough() bool {
	return m.policy.MaxCrashes > 0 && int(m.backoff)+1 >= m.policy.MaxCrashes
}

// endsAfter says that hotswap ends after the crash of now.
func (m *Machine) endsAfter() report.Next {
	return report.Next{Kind: report.NextDone, Crashes: int(m.backoff) + 1}
}

// replace sees to it that a start follows a crash.
func (m *Machine) replace() report.Next {
	switch {
	case !m.dueAt.IsZero():
		return report.Next{Kind: report.NextRestart, In: m.dueAt.Sub(m.now)}
	case m.starting() != nil, m.due != nil:
		return report.Next{Kind: report.NextStart}
	}
	return m.restart()
}

// restart starts a replacement: the first time at once, then after a pause that grows. None is due already.
func (m *Machine) restart() report.Next {
	r := build.Request{Origin: report.Origin{Cause: report.CauseCrash}}
	pause := m.backoff.Next()
	m.healthyAt = time.Time{}
	next := report.Next{Kind: report.NextRestart, In: pause, Crashes: int(m.backoff)}
	if pause == 0 {
		m.startSoon(r)
		return next
	}
	m.due, m.dueAt = &r, m.after(pause)
	return next
}

// runsAgain sets when the row of crashes ends, if the program runs for so long.
func (m *Machine) runsAgain() {
	if m.backoff > 0 {
		m.healthyAt = m.after(policy.Healthy)
	}
}

// endService retires what serves, and what could serve again, before the next generation starts, or for the end.
func (m *Machine) endService() {
	m.retireReserve()
	if s := m.serving(); s != nil {
		m.leaveEndpoints(s)
		m.retire(s, 0)
	}
}

// leaveEndpoints leaves what g served, to the generation that starts or will, as the set to
// listen on: so a changed port is noticed although nothing serves any more.
func (m *Machine) leaveEndpoints(g *Generation) {
	m.lastServed = g.Basic()
	if _, s := find[*Starting](m); s != nil {
		s.Required = m.lastServed
	}
}
