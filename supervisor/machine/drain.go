package machine

import (
	"maps"
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// retire lets a generation that served finish what it has, until a deadline. by has
// taken its new connections; 0 if no generation has (stop, or stop-first).
func (m *Machine) retire(g *Generation, by GenID) {
	m.startDrain(g, by)
	m.out.Emit(Drain{Gen: g.Gen, Steered: by != 0})
	m.limitDrain(g)
	m.stopOldest()
}

// maxDraining is how many generations may drain without an end in sight.
const maxDraining = 32

// stopOldest stops the oldest generation that drains, as at the end of the longest drain, if too many do. At the
// end of hotswap no more can come.
func (m *Machine) stopOldest() {
	lasting := slices.DeleteFunc(slices.Clone(m.gens), func(g *Generation) bool {
		return g.State != StateDraining || !g.Kill.IsZero() && g.Kill.Sub(m.now) <= m.policy.KillGrace()
	})
	if m.stopping || len(lasting) <= maxDraining {
		return
	}
	g := lasting[0]
	g.Draining.Stop, g.Kill = time.Time{}, m.after(m.policy.KillGrace())
	m.out.Emit(report.NoticeDrainLimit{Gen: g.Gen, Limit: maxDraining})
	m.stopSignal(g)
}

func (m *Machine) startDrain(g *Generation, by GenID) {
	m.move(g, StateDraining)
	g.Draining.Since, g.Draining.Successor = m.now, by
}

// limitDrain sets the deadlines of a drain, unless drains may take for ever.
func (m *Machine) limitDrain(g *Generation) {
	if !m.policy.DrainForever {
		g.Draining.Stop, g.Kill = m.after(m.policy.DrainTimeout-m.policy.KillGrace()), m.after(m.policy.DrainTimeout)
	}
}

// drained stops a generation that has finished. The kill deadline stays, or is set now: nothing
// uses the generation any more, or only streams do. Where its connections could not be watched,
// and drains may take for ever, there is no deadline.
func (m *Machine) drained(g *Generation, ev Drained) {
	if g.Draining.Idle && !ev.Streams || !g.served() && g.Sent == SentStop || g.Sent == SentKill {
		return
	}
	g.Draining.Idle, g.Draining.Unwatched = true, ev.Unwatched
	g.Draining.Stop = time.Time{}
	m.stopSignal(g)
	soon := m.after(m.policy.KillGrace())
	if !g.served() && !g.Runs || ev.Streams && (g.Kill.IsZero() || soon.Before(g.Kill)) || m.policy.DrainForever && !ev.Unwatched {
		g.Kill = soon
	}
	m.shortenKill(g)
}

// shortenKill shortens the wait for strays: the program has ended as it was told and no
// client is served, but something below the program lives on. If the program is a wrapper
// that ends first, that is the server, about to leave; else it ignores the signal.
func (m *Machine) shortenKill(g *Generation) {
	if !g.Draining.Idle || !g.Exited || g.Left == 0 || g.Sent == SentKill || g.Draining.Unwatched && m.policy.DrainForever {
		return
	}
	if g.Kill.IsZero() || g.Kill.Sub(m.now) > m.policy.KillGrace() {
		g.Kill = m.after(m.policy.KillGrace())
	}
}

// stopSignal asks g to end, once.
func (m *Machine) stopSignal(g *Generation) {
	if g.Sent != SentNone {
		return
	}
	g.Sent = SentStop
	m.closeDebuggers(g)
	m.out.Emit(Signal{Gen: g.Gen})
}

// KillAgain is the pause after which a kill is repeated while something of the tree is
// left: one look at a tree may miss a process that is just being forked.
const KillAgain = time.Second

// kill ends the whole tree of g, again and again until the tree is gone.
func (m *Machine) kill(g *Generation) {
	g.Sent = SentKill
	m.out.Emit(Signal{Gen: g.Gen, Kill: true})
	g.Draining.Stop, g.Kill = time.Time{}, m.after(KillAgain)
}

// gone removes a generation of which nothing runs any more, after the last decisions that
// depend on it.
func (m *Machine) gone(g *Generation, _ Gone) {
	orphaned := g.orphaned()
	if !g.Exited { // its main process was not seen to end
		g.Exited, g.Exit = true, report.Exit{Code: -1}
	}
	g.Left = 0
	switch {
	case g.State == StateStarting:
		m.fail(g, report.WhyExited, nil)
	case orphaned && !m.stopping:
		m.orphansGone(g)
	case g.State == StateServing:
		m.crash(g)
	case g.State == StateHeld:
		m.heldEnded(g)
	}
	m.remove(g)
}

// remove discards a generation.
func (m *Machine) remove(g *Generation) {
	if g.State == StateDraining {
		d, took := g.Draining, m.now.Sub(g.Draining.Since)
		m.move(g, StateExited)
		last := g.served() && m.tally.drained(d.Successor, took)
		if g.served() || g.Runs {
			m.out.Emit(report.NoticeDrained{Gen: g.Gen, Took: took, Busy: !d.Idle, Killed: g.Sent == SentKill, Last: last})
		}
	}
	g.end(m.now)
	m.past = append(m.past, g.life())
	m.past = m.past[max(0, len(m.past)-report.MaxLives):]
	m.gens = slices.DeleteFunc(m.gens, func(o *Generation) bool { return o == g })
	maps.DeleteFunc(m.debuggers, func(_ handoff.Endpoint, to GenID) bool { return to == g.Gen })
	m.out.Emit(Discard{Gen: g.Gen})
}
