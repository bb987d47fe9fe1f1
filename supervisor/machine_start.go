package supervisor

import "slices"

// request asks for a fresh generation, as soon as one may begin. The latest request
// wins: a start under way is abandoned, and what it was for merges into the new one,
// whose fate answers the callers of both.
//
// But a start under way that has not begun its own code reads what is on disk when it does. It
// goes on, also for r.
func (m *machine) request(r startRequest) {
	if g := m.starting(); g != nil && m.servesToo(g) {
		own := g.request()
		own.merge(r)
		g.Cause, g.Files, g.Build, g.Ran, g.tokens = own.cause, own.files, own.build, own.ran, own.tokens
		m.emit(fxValidate{gen: g.ID})
		return
	}
	if g := m.starting(); g != nil {
		old := g.request()
		m.dismiss(g, m.last+1)
		m.superseded(g)
		old.merge(r)
		r = old
	}
	if m.repair != nil {
		m.repair.merge(r)
		r = *m.repair
		m.cancelRepair()
	}
	if m.requested == nil {
		m.requested = &r
	} else {
		m.requested.merge(r)
	}
	m.makeRoom()
}

// makeRoom ends the generation that serves, if another one is due that may not run beside it.
func (m *machine) makeRoom() {
	if s := m.serving(); s != nil && m.requested != nil && !m.away && m.policy.Strategy == StopFirst {
		m.leaveEndpoints(s)
		m.retire(s, 0)
	}
}

// stopFirst makes the old generation end before the next begins, from now on. If both run already,
// a generation that is held ends, and a boot begins again alone.
func (m *machine) stopFirst() {
	if m.policy.Strategy == StopFirst {
		return
	}
	m.policy.Strategy = StopFirst
	if h := m.held(); h != nil {
		m.retire(h, h.Successor)
	}
	if g := m.starting(); g != nil && m.serving() != nil {
		g.Unbegun = false // so that the request does not make do with it
		m.request(startRequest{cause: g.Cause})
	}
}

// servesToo reports whether the start of g, which is under way, is a fresh one for what changes
// now.
func (m *machine) servesToo(g *Generation) bool {
	return g.Unbegun && !g.Overdue && m.requested == nil && m.repair == nil
}

// resume lets g begin its own code, which has come to where it waits.
func (m *machine) resume(gen GenID) {
	for _, g := range m.gens {
		if g.ID == gen && g.Unbegun && g.State == StateStarting {
			g.Unbegun = false
			m.emit(fxResume{gen: gen})
		}
	}
}

// startsPlainly notes that g may begin its own code at any time.
func (m *machine) startsPlainly(ev evCold) {
	for _, g := range m.gens {
		if g.ID == ev.gen {
			g.Unbegun = false
		}
	}
}

// request takes from g what it was begun for, and the callers that wait for it. A program that
// people heard of as running had its files and its build, so the next start has its own only.
func (g *Generation) request() startRequest {
	r := startRequest{cause: g.Cause, tokens: g.tokens}
	if !g.Runs {
		r.files, r.build, r.ran = slices.Clone(g.Files), g.Build, g.Ran
	}
	g.tokens = nil
	return r
}

// start begins a generation.
func (m *machine) start(r startRequest) {
	standby := m.standby.adopt()
	m.last++
	g := &Generation{
		ID: m.last, State: StateStarting, Cause: r.cause, Files: r.files, Build: r.build, Ran: r.ran,
		StartedAt: m.now, Required: slices.Clone(m.left), tokens: r.tokens,
	}
	if !m.everServed {
		g.Required = slices.Clone(m.parent.Serves)
	}
	m.gens = append(m.gens, g)
	ahead := standby == nil && m.standby.mayHold()
	g.Unbegun = standby != nil || ahead
	m.emit(fxStart{gen: g.ID, cause: g.Cause, files: slices.Clone(g.Files), standby: standby != nil, ahead: ahead})
	if standby != nil {
		g.Spared = m.now.Sub(standby.since)
		if standby.waiting && !standby.stopped {
			g.Spared = standby.boot
			m.resume(g.ID)
		}
	}
	g.due.ready = m.after(m.policy.ReadyTimeout)
}

// started notes the process, or that there is none. A signal that was due before the
// process existed went nowhere, so it is sent again.
func (m *machine) started(g *Generation, ev evStarted) {
	if ev.err != nil {
		m.startFailed(g, ev.err)
		return
	}
	g.PID, g.Standby = ev.pid, ev.standby
	switch {
	case g.Signal != signalNone:
		m.emit(fxSignal{gen: g.ID, kill: g.Signal == signalKill})
	case m.policy.ReadyAtStart && g.State == StateStarting:
		m.promote(g, "start")
	case g.State == StateStarting && m.mayRun(g):
		g.due.lived = m.after(m.policy.Lived)
	}
}

// startFailed ends a generation of which nothing ever ran.
func (m *machine) startFailed(g *Generation, err error) {
	g.Err = err
	switch g.State {
	case StateStarting:
		m.fail(g, WhyNotStarted)
	case StateServing, StateHeld:
		m.complain("generation %d, which never started, is %v", g.ID, g.State)
		return
	}
	m.remove(g)
}

func (m *machine) superseded(g *Generation) {
	m.tell(NoticeFailed{
		Gen: g.ID, Cause: g.Cause, Files: slices.Clone(g.Files), Why: WhySuperseded,
		After: m.now.Sub(g.StartedAt), Next: Next{Kind: NextStart},
	})
}

// dismiss abandons a boot in favour of another generation, and tells it to end.
//
// Beside a serving generation the next one begins at once, so the price of the stop
// signal is that two boots compete for a second at most: a boot may have made something
// that outlives it (a lock file, a pid file, a container), and a program without a handler
// ends just as fast as by SIGKILL. With nothing serving the boot may be a worker at work,
// or hold what the next one needs, so the next one waits.
func (m *machine) dismiss(g *Generation, by GenID) {
	m.abandon(g, Result{Outcome: OutcomeSuperseded, By: by})
	if m.serving() == nil {
		g.Alone = true
		m.finishFirst(g)
		return
	}
	m.stopSignal(g)
	g.due.kill = m.after(m.policy.AbandonGrace)
}

// finishFirst lets an abandoned boot answer what it has before it is told to end: with
// nothing serving, clients were waiting at the gate that it took over, and it may have
// begun on them before anything could tell that it is ready. A worker has the time that
// any generation has.
func (m *machine) finishFirst(g *Generation) {
	m.emit(fxDrain{gen: g.ID})
	if g.Runs {
		m.limitDrain(g)
		return
	}
	g.due.stop, g.due.kill = m.after(m.policy.KillGrace), m.after(2*m.policy.KillGrace)
}

// abandon gives up a starting generation; the caller decides how it is ended.
func (m *machine) abandon(g *Generation, r Result) {
	m.move(g, StateDraining)
	g.DrainAt, g.Abandoned = m.now, true
	m.settle(g, r)
}
