package supervisor

import (
	"maps"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// retire lets a generation that served finish what it has, until a deadline. by
// has taken its new connections; 0 if nobody has (stop, or stop-first).
func (m *machine) retire(g *Generation, by GenID) {
	if g.State == StateHeld {
		m.emit(fxUndrain{gen: g.ID}) // nobody waited for the end of that watch
	}
	m.move(g, StateDraining)
	g.DrainAt, g.SucceedBy = m.now, by
	m.emit(fxDrain{gen: g.ID, steered: by != 0})
	if !m.policy.DrainForever {
		g.due.stop = m.after(m.policy.DrainTimeout - m.policy.KillGrace)
		g.due.kill = m.after(m.policy.DrainTimeout)
	}
	m.thin()
}

// thin keeps the number of draining generations within the limit: one that is
// idle goes first, for it has nothing to lose; else the oldest. Abandoned boots
// do not count, so that a save storm cannot push out a generation that answers
// its last requests; nor is anyone pushed out at the end, when no more can come.
func (m *machine) thin() {
	if m.stopping {
		return
	}
	var drainers []*Generation
	for _, g := range m.gens {
		if g.drains() {
			drainers = append(drainers, g)
		}
	}
	for len(drainers) > m.policy.MaxDraining {
		i := max(0, slices.IndexFunc(drainers, func(g *Generation) bool { return g.Idle }))
		g := drainers[i]
		drainers = slices.Delete(drainers, i, i+1)
		m.kill(g)
		m.tell(NoticeDrainLimit{Gen: g.ID, Limit: m.policy.MaxDraining, Busy: !g.Idle})
	}
}

// drains tells whether g counts against the limit of draining generations.
func (g *Generation) drains() bool {
	return g.State == StateDraining && g.served() && !g.Killed
}

// drained tells a generation that has finished to end. Its kill timer runs on, or
// begins now: nobody uses it any more. Where that could not be seen, and nobody
// is to be cut off, there is none.
func (m *machine) drained(g *Generation, ev genEvent) {
	if g.Idle || g.StopSent && g.Abandoned || g.Killed {
		m.tally.Stale++
		return
	}
	g.Idle, g.Blind = true, ev.(evDrained).blind
	g.due.stop = time.Time{}
	m.stopSignal(g)
	if g.Abandoned && !g.Lived || m.policy.DrainForever && !g.Blind {
		g.due.kill = m.after(m.policy.KillGrace)
	}
	m.hurry(g)
}

// hurry shortens the wait for strays: the program has ended as it was told and
// no client is served, but something below it lives on. Below a wrapper that
// ends first that is the server, about to leave; else it ignores the signal.
func (m *machine) hurry(g *Generation) {
	if !g.Idle || !g.Exited || g.Left == 0 || g.Killed || g.Blind && m.policy.DrainForever {
		return
	}
	if end := g.due.kill; end.IsZero() || end.Sub(m.now) > m.policy.KillGrace {
		g.due.kill = m.after(m.policy.KillGrace)
	}
}

// stopSignal asks g to end, once.
func (m *machine) stopSignal(g *Generation) {
	if g.StopSent || g.Killed {
		return
	}
	g.StopSent = true
	m.detach(g)
	m.emit(fxStopSignal{gen: g.ID})
}

// killAgain is the pause after which a kill is repeated while something of the
// tree is left: one look at a tree may miss a process that is just being forked.
const killAgain = time.Second

// kill ends the whole tree of g, again and again until it is gone.
func (m *machine) kill(g *Generation) {
	g.due.stop = time.Time{}
	g.Killed = true
	m.emit(fxKill{gen: g.ID})
	g.due.kill = m.after(killAgain)
}

// gone buries a generation of which nothing runs any more, after the last
// decisions that depend on it.
func (m *machine) gone(g *Generation, _ genEvent) {
	switch g.State {
	case StateStarting: // nobody saw its main process end
		g.Exited, g.Exit = true, Exit{Code: -1}
		m.fail(g, WhyExited)
	case StateServing:
		if !g.Exited {
			g.Exited, g.Exit = true, Exit{Code: -1}
		}
		m.crash(g)
	case StateReady:
		g.Exited, g.Exit = true, Exit{Code: -1}
		m.failCanary(g)
	case StateHeld:
		if !g.Exited {
			g.Exited, g.Exit = true, Exit{Code: -1}
		}
		m.heldEnded(g)
	}
	m.bury(g)
}

// bury forgets a generation.
func (m *machine) bury(g *Generation) {
	if g.State == StateDraining {
		m.move(g, StateExited)
		if g.served() {
			m.tally.drained(g, m.now)
		}
		if g.served() || g.Lived {
			m.tell(NoticeDrained{Gen: g.ID, Took: m.now.Sub(g.DrainAt), Busy: !g.Idle, Killed: g.Killed})
		}
	}
	g.end(m.now)
	m.remember(g)
	m.gens = slices.DeleteFunc(m.gens, func(o *Generation) bool { return o == g })
	maps.DeleteFunc(m.led, func(_ handoff.Endpoint, to GenID) bool { return to == g.ID })
	m.emit(fxForget{gen: g.ID})
}
