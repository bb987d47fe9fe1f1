package supervisor

import "slices"

// merge adds what another start would have been begun for. The newer cause is
// told, except that a crash never hides what somebody wished for.
func (w *want) merge(newer want) {
	if newer.cause.deliberate() || !w.cause.deliberate() {
		w.cause = newer.cause
	}
	for _, f := range newer.files {
		if !slices.Contains(w.files, f) {
			w.files = append(w.files, f)
		}
	}
	w.announced = newer.announced
	if newer.build > 0 {
		w.build = newer.build
	}
	w.tokens = append(w.tokens, newer.tokens...)
}

// request wants a fresh generation, as soon as one may begin. Latest wins: a
// start under way is abandoned, and what it was for merges into the new one,
// whose fate answers those who wait.
func (m *machine) request(w want) {
	if g := m.starting(); g != nil {
		old := g.wish()
		m.supersede(g)
		old.merge(w)
		w = old
	}
	if c := m.canary(); c != nil {
		old := c.wish()
		m.withdraw(c, Result{})
		m.superseded(c)
		old.merge(w)
		w = old
	}
	if m.restart != nil {
		m.restart.merge(w)
		w = *m.restart
		m.cancelRestart()
	}
	m.pend(w)
	if s := m.serving(); s != nil && m.policy.Strategy == StopFirst {
		m.bequeath(s)
		m.retire(s, 0)
	}
}

// wish takes from g what it was begun for, and who waits for that.
func (g *Generation) wish() want {
	w := want{cause: g.Cause, files: slices.Clone(g.Files), build: g.Build, tokens: g.tokens}
	g.tokens = nil
	return w
}

// pend wants a start without disturbing the one under way.
func (m *machine) pend(w want) {
	m.waiting = false
	if m.pending == nil {
		m.pending = &w
		return
	}
	m.pending.merge(w)
}

// start begins a generation.
func (m *machine) start(w want) {
	m.last++
	g := &Generation{
		ID: m.last, State: StateStarting, Cause: w.cause, Files: w.files, Build: w.build,
		StartedAt: m.now, tokens: w.tokens,
	}
	g.Reference = slices.Clone(m.left)
	if !m.everServed {
		g.Reference = slices.Clone(m.parent.Serves)
	}
	m.gens = append(m.gens, g)
	warm, spoilt := m.take(g.ID, w.announced)
	m.emit(fxStart{gen: g.ID, cause: g.Cause, files: slices.Clone(g.Files), warm: warm, spoilt: spoilt})
	g.due.ready = m.after(m.policy.ReadyTimeout)
}

// started notes the process. A signal that was due before it existed went
// nowhere, so it is sent again.
func (m *machine) started(g *Generation, ev genEvent) {
	g.Pid, g.Warm = ev.(evStarted).pid, ev.(evStarted).warm
	switch {
	case g.Killed:
		m.emit(fxKill{gen: g.ID})
	case g.StopSent:
		m.emit(fxStopSignal{gen: g.ID})
	case m.policy.ReadyAtStart && g.State == StateStarting:
		m.ready(g, "start")
	case g.State == StateStarting && m.mayRun(g):
		g.due.lived = m.after(m.policy.Lived)
	}
}

// startFailed ends a generation of which nothing ever ran.
func (m *machine) startFailed(g *Generation, ev genEvent) {
	g.Err = ev.(evStartFailed).err
	if g.State == StateStarting {
		m.fail(g, WhyNotStarted)
	}
	m.bury(g)
}

// supersede abandons a boot that is no longer wanted.
//
// Beside a serving generation the next one begins at once, so at most a second
// of two boots competing is the price of the stop signal: a boot may have made
// what outlives it (a lock file, a pid file, a container), and a program without
// a handler ends just as fast as by SIGKILL. With nothing serving it may be a
// worker at work or hold what the next one needs, so the next one waits.
func (m *machine) supersede(g *Generation) {
	m.dismiss(g, m.last+1)
	m.superseded(g)
}

func (m *machine) superseded(g *Generation) {
	m.tell(NoticeFailed{
		Gen: g.ID, Cause: g.Cause, Files: slices.Clone(g.Files), Why: WhySuperseded,
		After: m.now.Sub(g.StartedAt), Next: Next{Kind: NextStart},
	})
}

// dismiss abandons a boot in favour of another generation, and tells it to end.
func (m *machine) dismiss(g *Generation, by GenID) {
	m.abandon(g, Result{Outcome: OutcomeSuperseded, Gen: g.ID, By: by})
	if m.serving() == nil {
		g.Blocks = true
		m.finishFirst(g)
		return
	}
	m.stopSignal(g)
	g.due.kill = m.after(m.policy.AbandonGrace)
}

// finishFirst lets an abandoned boot answer what it has before it is told to
// end: with nothing serving, clients were waiting at the gate that it took over,
// and it may have begun on them before anybody could see that it is ready. A worker
// has the time that any generation has.
func (m *machine) finishFirst(g *Generation) {
	m.emit(fxDrain{gen: g.ID})
	switch {
	case !g.Lived:
		g.due.stop = m.after(m.policy.KillGrace)
		g.due.kill = m.after(2 * m.policy.KillGrace)
	case !m.policy.DrainForever:
		g.due.stop = m.after(m.policy.DrainTimeout - m.policy.KillGrace)
		g.due.kill = m.after(m.policy.DrainTimeout)
	}
}

// abandon ends the wish for a starting generation; how it is ended is up to the
// caller.
func (m *machine) abandon(g *Generation, r Result) {
	m.move(g, StateDraining)
	g.DrainAt, g.Abandoned = m.now, true
	m.answer(g.tokens, r)
	g.tokens = nil
}
