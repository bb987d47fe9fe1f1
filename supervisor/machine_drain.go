package supervisor

import (
	"maps"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// retire lets a generation that served finish what it has, until a deadline. by has
// taken its new connections; 0 if no generation has (stop, or stop-first).
func (m *machine) retire(g *Generation, by GenID) {
	if g.State == StateHeld {
		m.emit(fxUndrain{gen: g.ID}) // that watch had no end
	}
	m.move(g, StateDraining)
	g.DrainAt, g.Successor = m.now, by
	if m.policy.DrainSignal {
		g.Final = true
		m.emit(fxDrainSignal{gen: g.ID})
	}
	m.emit(fxDrain{gen: g.ID, steered: by != 0})
	m.limitDrain(g)
	m.enforceDrainLimit()
}

// limitDrain sets the deadlines of a drain, unless drains may take for ever.
func (m *machine) limitDrain(g *Generation) {
	if !m.policy.DrainForever {
		g.due.stop, g.due.kill = m.after(m.policy.DrainTimeout-m.policy.KillGrace), m.after(m.policy.DrainTimeout)
	}
}

// enforceDrainLimit keeps the number of draining generations within the limit: an idle
// one is killed first, since it has nothing to lose; else the oldest. Abandoned boots do
// not count, so that many saves in a row cannot push out a generation that answers its last
// requests. At the end none is pushed out, since no more can come.
func (m *machine) enforceDrainLimit() {
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
		i := max(0, slices.IndexFunc(drainers, func(g *Generation) bool { return g.Traffic != trafficBusy }))
		g := drainers[i]
		drainers = slices.Delete(drainers, i, i+1)
		m.kill(g)
		m.tell(NoticeDrainLimit{Gen: g.ID, Limit: m.policy.MaxDraining, Busy: g.Traffic == trafficBusy})
	}
}

// quiet tells the program of g that none of its requests is under way any more. From then on it may close
// what requests need, such as the pool of a database, so it never gets another one.
func (m *machine) quiet(g *Generation, _ evQuiet) {
	if g.Abandoned && g.Signal == signalStop || g.Signal == signalKill {
		m.tally.Stale++
		return
	}
	g.Final = true
	m.emit(fxTellDrained{gen: g.ID})
}

// drained tells a generation that has finished to end. Its kill deadline stays, or is set
// now: nothing uses the generation any more. Where its connections could not be watched,
// and drains may take for ever, there is no deadline.
func (m *machine) drained(g *Generation, ev evDrained) {
	if g.Traffic != trafficBusy || g.Abandoned && g.Signal == signalStop || g.Signal == signalKill {
		m.tally.Stale++
		return
	}
	g.Traffic = trafficIdle
	if ev.unwatched {
		g.Traffic = trafficUnwatched
	}
	g.due.stop = time.Time{}
	m.stopSignal(g)
	if g.Abandoned && !g.Runs || m.policy.DrainForever && !ev.unwatched {
		g.due.kill = m.after(m.policy.KillGrace)
	}
	m.shortenKill(g)
}

// shortenKill shortens the wait for strays: the program has ended as it was told and no
// client is served, but something below the program lives on. If the program is a wrapper
// that ends first, that is the server, about to leave; else it ignores the signal.
func (m *machine) shortenKill(g *Generation) {
	if g.Traffic == trafficBusy || !g.Exited || g.Left == 0 || g.Signal == signalKill || g.Traffic == trafficUnwatched && m.policy.DrainForever {
		return
	}
	if g.due.kill.IsZero() || g.due.kill.Sub(m.now) > m.policy.KillGrace {
		g.due.kill = m.after(m.policy.KillGrace)
	}
}

// stopSignal asks g to end, once.
func (m *machine) stopSignal(g *Generation) {
	if g.Signal != signalNone {
		return
	}
	g.Signal = signalStop
	m.closeDebuggers(g)
	m.emit(fxSignal{gen: g.ID})
}

// killAgain is the pause after which a kill is repeated while something of the tree is
// left: one look at a tree may miss a process that is just being forked.
const killAgain = time.Second

// kill ends the whole tree of g, again and again until the tree is gone.
func (m *machine) kill(g *Generation) {
	g.Signal = signalKill
	m.emit(fxSignal{gen: g.ID, kill: true})
	g.due.stop, g.due.kill = time.Time{}, m.after(killAgain)
}

// gone removes a generation of which nothing runs any more, after the last decisions that
// depend on it.
func (m *machine) gone(g *Generation, _ evGone) {
	if !g.Exited { // its main process was not seen to end
		g.Exited, g.Exit = true, Exit{Code: -1}
	}
	g.Left = 0
	switch g.State {
	case StateStarting:
		m.fail(g, WhyExited)
	case StateServing:
		m.crash(g)
	case StateHeld:
		m.heldEnded(g)
	}
	m.remove(g)
}

// remove forgets a generation.
func (m *machine) remove(g *Generation) {
	if g.State == StateDraining {
		m.move(g, StateExited)
		if g.served() {
			m.tally.drained(g, m.now)
		}
		if g.served() || g.Runs {
			m.tell(NoticeDrained{Gen: g.ID, Took: m.now.Sub(g.DrainAt), Busy: g.Traffic == trafficBusy, Killed: g.Signal == signalKill})
		}
	}
	g.end(m.now)
	m.past = append(m.past, g.life())
	m.past = m.past[max(0, len(m.past)-maxLives):]
	m.gens = slices.DeleteFunc(m.gens, func(o *Generation) bool { return o == g })
	maps.DeleteFunc(m.debuggers, func(_ handoff.Endpoint, to GenID) bool { return to == g.ID })
	m.emit(fxForget{gen: g.ID})
}
