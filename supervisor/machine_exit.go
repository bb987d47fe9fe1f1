package supervisor

import (
	"slices"
	"time"
)

// exitedEarly ends a generation whose main process ended before it was ready.
func (m *machine) exitedEarly(g *Generation, ev genEvent) {
	m.noteExit(g, ev.(evExited))
	if g.Exit.Clean() && m.serving() == nil && m.pending == nil && (!m.policy.Watching || !m.everServed) {
		m.finish(g)
		return
	}
	m.fail(g, WhyExited)
}

// exitedServing replaces a serving generation that lost its main process, or all.
func (m *machine) exitedServing(g *Generation, ev genEvent) {
	if g.Exited {
		m.tally.Stale++
		return
	}
	m.noteExit(g, ev.(evExited))
	switch {
	case m.finished(g):
		m.finish(g)
	case g.Left == 0:
		m.crash(g)
	default:
		m.orphan(g)
	}
}

// exitedLate notes how a generation ended that was to end.
func (m *machine) exitedLate(g *Generation, ev genEvent) {
	m.noteExit(g, ev.(evExited))
	m.hurry(g)
}

func (m *machine) noteExit(g *Generation, ev evExited) {
	g.Exited, g.Exit, g.Left = true, ev.exit, ev.left
	g.end(m.now)
}

// finished tells a serving program that did its work from one that crashed: it
// ended with code 0 and either never listened, or nobody waits for a change that
// would start it again.
func (m *machine) finished(g *Generation) bool {
	if !g.Exit.Clean() || m.starting() != nil || m.canary() != nil || m.pending != nil || m.held() != nil {
		return false // what is held is a server, of which the end is an end too soon
	}
	return len(g.Endpoints) == 0 && g.Unix == "" || !m.policy.Watching && g.Left == 0
}

// finish takes the clean end of the program as what was wanted. Without watched
// files it is the end of hotswap.
func (m *machine) finish(g *Generation) {
	m.move(g, StateExited)
	m.clear(g)
	next := Next{Kind: NextWait}
	switch {
	case m.builds():
		next.Kind = NextStart
	case !m.policy.Watching:
		next.Kind = NextDone
		m.wind(g.Exit.Code)
	case m.restart != nil: // one that is due already
		next.Kind = NextStart
	default:
		m.waiting = true
	}
	m.tell(NoticeFinished{Gen: g.ID, Left: g.Left, Took: m.now.Sub(g.StartedAt), Next: next})
	m.answer(g.tokens, Result{Outcome: OutcomeFinished, Gen: g.ID})
	g.tokens = nil
}

// fail gives up a generation that is not ready. What serves is not touched.
func (m *machine) fail(g *Generation, why Why) {
	m.move(g, StateFailed)
	g.end(m.now)
	m.tally.Failed++
	if g.Warm {
		m.standbys.missed++
	}
	if why == WhyTimeout {
		m.kill(g)
	} else {
		m.clear(g)
	}
	n := NoticeFailed{
		Gen: g.ID, Cause: g.Cause, Files: slices.Clone(g.Files), Why: why, Exit: g.Exit, Left: g.Left, Err: g.Err,
		After: m.now.Sub(g.StartedAt), Next: m.afterFailure(g), Debuggers: slices.Clone(g.Debuggers),
	}
	m.tell(n)
	if n.Next.Kind == NextDone {
		m.tellEnd()
	}
	m.answer(g.tokens, Result{Outcome: OutcomeFailed, Gen: g.ID, Why: why, Exit: g.Exit, Err: g.Err, Debuggers: n.Debuggers})
	g.tokens = nil
}

// afterFailure decides what follows a generation that did not get ready.
func (m *machine) afterFailure(g *Generation) Next {
	s := m.serving()
	switch {
	case s == nil && m.policy.ExitOnCrash:
		m.end(failureCode(g))
		return Next{Kind: NextDone}
	case s != nil && s.orphaned():
		return m.again(want{cause: CauseCrash})
	case s != nil:
		return Next{Kind: NextKeeps, Gen: s.ID}
	case m.everServed:
		return m.again(want{cause: CauseCrash})
	case m.builds():
		return Next{Kind: NextStart}
	case !m.policy.Watching:
		// Nobody has been served and nothing is to change: whoever started
		// hotswap is told, and knows better than to try for ever.
		m.wind(failureCode(g))
		return Next{Kind: NextDone}
	case g.Overdue, g.Cause == CauseCrash:
		// It had run for longer than a boot takes, or the one before it had: it is
		// rather a worker, which never listens, than a broken save.
		if m.now.Sub(g.StartedAt) >= m.policy.Backoff.Healthy {
			m.backoff.reset()
		}
		return m.again(want{cause: CauseCrash})
	}
	m.waiting = true
	return Next{Kind: NextWait}
}

// notStarted is EX_UNAVAILABLE of sysexits.h: the program cannot be executed.
const notStarted = 69

// failureCode is what hotswap ends with when its first generation never served.
func failureCode(g *Generation) int {
	switch {
	case g.Err != nil:
		return notStarted
	case g.Exit.Clean():
		return 1
	}
	return exitCode(g.Exit)
}

// exitCode is a program's end as a shell tells it; 1 if nobody saw how it ended.
func exitCode(e Exit) int {
	if status := e.Status(); status >= 0 {
		return status
	}
	return 1
}

// crash ends the serving generation, of which nothing runs any more. Clients
// wait at its gates until the next one binds.
func (m *machine) crash(g *Generation) {
	g.Failed = true
	if c := m.canary(); c != nil {
		c.Reference = slices.Clone(g.Endpoints)
		m.move(g, StateFailed)
		m.tell(NoticeCrashed{Gen: g.ID, Exit: g.Exit, Served: m.now.Sub(g.ServingAt), Next: Next{Kind: NextKeeps, Gen: c.ID}})
		m.promote(c)
		return
	}
	if h := m.held(); h != nil {
		m.failBack(g, h)
		return
	}
	if m.policy.ExitOnCrash {
		m.move(g, StateFailed)
		m.tell(NoticeCrashed{Gen: g.ID, Exit: g.Exit, Served: m.now.Sub(g.ServingAt), Next: Next{Kind: NextDone}})
		m.quit(exitCode(g.Exit))
		return
	}
	m.bequeath(g)
	m.move(g, StateFailed)
	m.tell(NoticeCrashed{Gen: g.ID, Exit: g.Exit, Served: m.now.Sub(g.ServingAt), Next: m.replace(g)})
}

// orphan replaces a generation whose main process is gone while others of its
// tree may serve: they do so until the replacement is ready.
func (m *machine) orphan(g *Generation) {
	g.Failed = true
	if c := m.canary(); c != nil {
		m.tell(NoticeCrashed{Gen: g.ID, Exit: g.Exit, Left: g.Left, Served: m.now.Sub(g.ServingAt), Next: Next{Kind: NextKeeps, Gen: c.ID}})
		m.promote(c)
		return
	}
	if h := m.held(); h != nil {
		m.failBack(g, h)
		return
	}
	if m.policy.ExitOnCrash {
		m.tell(NoticeCrashed{Gen: g.ID, Exit: g.Exit, Left: g.Left, Served: m.now.Sub(g.ServingAt), Next: Next{Kind: NextDone}})
		m.quit(exitCode(g.Exit)) // the rest of its tree drains
		return
	}
	n := NoticeCrashed{Gen: g.ID, Exit: g.Exit, Left: g.Left, Served: m.now.Sub(g.ServingAt)}
	n.Next = m.replace(g)
	m.tell(n)
}

// replace sees to it that a start follows the end of g.
func (m *machine) replace(g *Generation) Next {
	if m.now.Sub(g.ServingAt) >= m.policy.Backoff.Healthy {
		m.backoff.reset()
	}
	switch {
	case m.restart != nil:
		return Next{Kind: NextRestart, In: m.pause.Sub(m.now)}
	case m.starting() != nil, m.pending != nil:
		return Next{Kind: NextStart}
	}
	return m.again(want{cause: CauseCrash})
}

// again starts w at once the first time, and after a pause that grows the next.
// No restart waits already: nobody calls it then.
func (m *machine) again(w want) Next {
	pause := m.backoff.next(m.policy.Backoff)
	if pause == 0 {
		m.request(w)
		return Next{Kind: NextRestart}
	}
	m.waiting = false
	m.restart = &w
	m.pause = m.now.Add(pause)
	return Next{Kind: NextRestart, In: pause}
}

// cancelRestart forgets the restart that waits for its pause.
func (m *machine) cancelRestart() {
	if m.restart == nil {
		return
	}
	m.restart, m.pause = nil, time.Time{}
}

// clear kills what is left of a tree whose main process has ended.
func (m *machine) clear(g *Generation) {
	if g.Left > 0 {
		m.kill(g)
	}
}
