package supervisor

import (
	"slices"
	"time"
)

// exitedEarly ends a generation whose main process ended before it was ready.
func (m *machine) exitedEarly(g *Generation, ev evExited) {
	m.noteExit(g, ev)
	if g.Exit.Clean() && m.serving() == nil && m.requested == nil && (!m.policy.Watching || !m.everServed) {
		m.finish(g)
		return
	}
	m.fail(g, WhyExited)
}

// exitedServing replaces a serving generation that lost its main process, or all.
func (m *machine) exitedServing(g *Generation, ev evExited) {
	if g.Exited {
		m.tally.Stale++
		return
	}
	m.noteExit(g, ev)
	if m.finished(g) {
		m.finish(g)
		return
	}
	m.crash(g)
}

// exitedHeld notes the end of a generation that gets no new connections. What its main
// process has left still has clients.
func (m *machine) exitedHeld(g *Generation, ev evExited) {
	m.noteExit(g, ev)
	if g.Left > 0 {
		m.retire(g, g.Successor)
		return
	}
	m.heldEnded(g)
}

// exitedLate notes how a generation ended that was to end.
func (m *machine) exitedLate(g *Generation, ev evExited) {
	m.noteExit(g, ev)
	m.shortenKill(g)
}

func (m *machine) noteExit(g *Generation, ev evExited) {
	g.Exited, g.Exit, g.Left = true, ev.exit, ev.left
	g.end(m.now)
}

// finished reports whether a serving program did its work, and did not crash: it ended
// with code 0 and either never listened, or no change is waited for that would start it
// again.
func (m *machine) finished(g *Generation) bool {
	if !g.Exit.Clean() || m.starting() != nil || m.requested != nil || m.held() != nil {
		return false // while another is held g is a server, which ended too soon
	}
	return len(g.Endpoints) == 0 && g.Unix == "" || !m.policy.Watching && g.Left == 0
}

// finish takes the clean end of the program as what was wanted. Without watched files it
// is the end of hotswap.
func (m *machine) finish(g *Generation) {
	m.move(g, StateExited)
	m.killRest(g)
	next := Next{Kind: NextWait}
	switch {
	case m.build.starts():
		next.Kind = NextStart
	case !m.policy.Watching:
		next.Kind = NextDone
		m.beginShutdown(g.Exit.Code)
	case m.repair != nil:
		next.Kind = NextStart
	}
	m.tell(NoticeFinished{Gen: g.ID, Left: g.Left, Took: m.now.Sub(g.StartedAt), Next: next})
	m.settle(g, Result{Outcome: OutcomeFinished})
}

// fail gives up a generation that is not ready. What serves is not touched.
func (m *machine) fail(g *Generation, why Why) {
	m.move(g, StateFailed)
	g.end(m.now)
	m.tally.Failed++
	if g.Standby {
		m.standby.failedBoots++
	}
	if why == WhyTimeout {
		m.kill(g)
	} else {
		m.killRest(g)
	}
	n := NoticeFailed{
		Gen: g.ID, Cause: g.Cause, Files: slices.Clone(g.Files), Why: why, Exit: g.Exit, Left: g.Left, Err: g.Err,
		After: m.now.Sub(g.StartedAt), Next: m.afterFailure(g), Debuggers: slices.Clone(g.Debuggers),
	}
	m.tell(n)
	if n.Next.Kind == NextDone {
		m.tellStopping()
	}
	m.settle(g, Result{Outcome: OutcomeFailed, Why: why, Exit: g.Exit, Err: g.Err, Debuggers: n.Debuggers})
}

// killRest kills what is left of a tree whose main process has ended.
func (m *machine) killRest(g *Generation) {
	if g.Left > 0 {
		m.kill(g)
	}
}

// afterFailure decides what follows a generation that did not get ready.
func (m *machine) afterFailure(g *Generation) Next {
	s := m.serving()
	switch {
	case s == nil && m.policy.ExitOnCrash:
		m.end(failureCode(g))
		return Next{Kind: NextDone}
	case s != nil && s.orphaned():
		return m.restart()
	case s != nil:
		return Next{Kind: NextKeeps, Gen: s.ID}
	case m.everServed:
		return m.restart()
	case m.build.starts():
		return Next{Kind: NextStart}
	case !m.policy.Watching:
		// No client has been served and nothing is going to change: the caller of hotswap
		// gets the failure, instead of retries for ever.
		m.beginShutdown(failureCode(g))
		return Next{Kind: NextDone}
	case g.Overdue, g.Cause == CauseCrash:
		// It had run for longer than a boot takes, or the one before it had: it is rather a
		// worker, which never listens, than a broken save.
		if m.now.Sub(g.StartedAt) >= m.policy.Backoff.Healthy {
			m.backoff.reset()
		}
		return m.restart()
	}
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

// exitCode is a program's end as a shell tells it; 1 if it was not seen.
func exitCode(e Exit) int {
	if status := e.Status(); status >= 0 {
		return status
	}
	return 1
}

// crash ends the service of a generation whose main process ended by itself. If nothing
// of the generation is left, clients wait at its gates until the next one binds. What is
// left serves until its replacement is ready.
func (m *machine) crash(g *Generation) {
	g.Failed = true
	n := NoticeCrashed{Gen: g.ID, Exit: g.Exit, Left: g.Left, Served: m.now.Sub(g.ServingAt)}
	if h := m.held(); h != nil {
		m.failBack(g, h)
		return
	}
	if g.Left == 0 {
		if !m.policy.ExitOnCrash {
			m.leaveEndpoints(g)
		}
		m.move(g, StateFailed)
	}
	if m.policy.ExitOnCrash {
		n.Next = Next{Kind: NextDone}
		m.tell(n)
		m.end(exitCode(g.Exit)) // the rest of its tree drains
		m.tellStopping()
		return
	}
	n.Next = m.replace(g)
	m.tell(n)
}

// replace sees to it that a start follows the end of g.
func (m *machine) replace(g *Generation) Next {
	if m.now.Sub(g.ServingAt) >= m.policy.Backoff.Healthy {
		m.backoff.reset()
	}
	switch {
	case m.repair != nil:
		return Next{Kind: NextRestart, In: m.repairAt.Sub(m.now)}
	case m.starting() != nil, m.requested != nil:
		return Next{Kind: NextStart}
	}
	return m.restart()
}

// restart starts a replacement: the first time at once, then after a pause that grows.
// No repair is due already.
func (m *machine) restart() Next {
	r := startRequest{cause: CauseCrash}
	pause := m.backoff.next(m.policy.Backoff)
	if pause == 0 {
		m.request(r)
		return Next{Kind: NextRestart}
	}
	m.repair, m.repairAt = &r, m.after(pause)
	return Next{Kind: NextRestart, In: pause}
}

// cancelRepair forgets the replacement that waits for its pause.
func (m *machine) cancelRepair() { m.repair, m.repairAt = nil, time.Time{} }

// leaveEndpoints leaves what g served, to the generation that starts or will, as the set to
// listen on: so a changed port is noticed although nothing serves any more.
func (m *machine) leaveEndpoints(g *Generation) {
	m.left = slices.Clone(g.Endpoints)
	if s := m.starting(); s != nil {
		s.Required = slices.Clone(m.left)
	}
}
