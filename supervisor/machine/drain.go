package machine

import (
	"slices"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/machine/drain"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// retire lets a generation that served finish what it has, until a deadline. by has
// taken its new connections; 0 if no generation has (stop, or stop-first), or if the successor of a held one has.
func (m *Machine) retire(g *Generation, by GenID) {
	d := m.startDrain(g, by)
	m.out.Emit(Drain{Gen: g.Gen, To: drain.To(d.Successor, m.stopping)})
	m.limitDrain(g, d)
	if !m.stopping { // else no more can come
		m.stopOldest(maxDraining, func(g *Generation, _ *Draining) bool {
			return g.Kill.IsZero() || g.Kill.Sub(m.now) > m.policy.KillGrace()
		})
	}
}

// retireReserve retires the generation that could serve again, if there is one.
func (m *Machine) retireReserve() {
	if h := m.reserve(); h != nil {
		m.retire(h, 0)
	}
}

func (m *Machine) startDrain(g *Generation, by GenID) *Draining {
	if h, held := g.State.(*Reserve); held {
		by = h.Successor
	}
	d := &Draining{Since: m.now, Successor: by}
	m.move(g, d)
	return d
}

// limitDrain sets the deadlines of a drain, unless drains may take for ever.
func (m *Machine) limitDrain(g *Generation, d *Draining) {
	if !m.policy.DrainForever {
		m.endIn(g, d, m.policy.DrainTimeout)
	}
}

// endIn sets the deadlines of a drain, unless they are sooner.
func (m *Machine) endIn(g *Generation, d *Draining, in time.Duration) {
	if at := m.after(in); g.Kill.IsZero() || at.Before(g.Kill) {
		d.Stop, g.Kill = at.Add(-m.policy.KillGrace()), at
	}
}

// Hurry is how long what ends may take while somebody waits for that: streams while a person at a terminal waits for
// the end, which a stream without an end would delay for most of the drain timeout, and a boot or a build that a newer
// one supersedes.
const Hurry = time.Second

// late returns until when streams are waited for, although somebody waits for the end.
func (d *Draining) late() time.Time { return d.Since.Add(Hurry) }

// observed notes how the connections of g stand. If g stays and no answer is left, it gets a moment to show that
// nothing else is under way, and does not stay for later ones.
func (m *Machine) observed(g *Generation, ev Observed) {
	switch d := g.State.(type) {
	case *Draining:
		// After a kill the connections have gone with the processes.
		if g.Sent != SentKill && g.Drain.Observe(ev) && g.stays(d) {
			m.endIn(g, d, 2*m.policy.KillGrace())
		}
	case *Reserve:
		g.Drain.Observe(ev)
	case *Starting, *Serving, *Over:
	}
}

// goOnDraining takes the next step of each drain.
func (m *Machine) goOnDraining() {
	for _, g := range m.gens {
		d, ok := g.State.(*Draining)
		if !ok || g.Sent == SentKill {
			continue
		}
		if g.Drain.Next(g.Gen, m.hurries && !m.now.Before(d.late()), d.Stays, m.out) {
			m.drained(g, d)
			if err := g.Drain.Observed.Err; err != nil {
				m.out.Notify(report.NoticeDrainUnwatched{Gen: g.Gen, Err: err})
			}
		}
	}
}

// drained stops a generation that has finished. The kill deadline stays, or is set now: nothing
// uses the generation any more, or only streams do. Where its connections could not be watched,
// and drains may take for ever, there is no deadline.
func (m *Machine) drained(g *Generation, d *Draining) {
	if !g.served() && g.Sent == SentStop {
		return
	}
	d.Idle = true
	m.stopSignal(g, d, "")
	if g.Drain.Left {
		d.Cut = report.CutStop
	}
	if !g.served() && !g.Lived || g.Drain.Left || d.Stays || m.policy.DrainForever && !g.Drain.Observed.Unwatched {
		m.killSoon(g)
	}
}

// killSoon has g killed within the time that a program gets after the stop signal.
func (m *Machine) killSoon(g *Generation) {
	if soon := m.after(m.policy.KillGrace()); g.Kill.IsZero() || soon.Before(g.Kill) {
		g.Kill = soon
	}
}

// stopSignal asks g to end, once. cut says why it does not wait until nothing is under way; "": it did.
func (m *Machine) stopSignal(g *Generation, d *Draining, cut report.Cut) {
	if g.Sent != SentNone {
		return
	}
	g.Sent, d.Signalled, d.Cut, d.AtStop = SentStop, m.now, cut, g.Drain.Observed.Report
	if g.Drain.Left { // streams have ended since
		d.AtStop = g.Drain.AtLeave
	}
	if !m.stopping {
		m.debuggers.Close(g.Gen, g.Debuggers)
	}
	m.out.Emit(Signal{Gen: g.Gen})
}

// atOnce is how soon a program has ended that has not handled the signal that ended it. Some handle it, and then end by
// it: uvicorn, which needs longer.
const atOnce = 100 * time.Millisecond

// killAgain is the pause after which a kill is repeated while something of the tree is
// left: one look at a tree may miss a process that is just being forked.
const killAgain = time.Second

// kill ends the whole tree of g, again and again until the tree is gone.
func (m *Machine) kill(g *Generation) {
	g.Sent = SentKill
	m.out.Emit(Signal{Gen: g.Gen, Kill: true})
	g.Kill = m.after(killAgain)
	if d, ok := g.State.(*Draining); ok {
		d.Stop = time.Time{}
	}
}

// gone removes a generation of which nothing runs any more. Its main process has ended before; what it has left may
// have served.
func (m *Machine) gone(g *Generation) {
	g.Left = 0
	if g.orphaned() {
		m.crash(g, !m.stopping)
	}
	m.remove(g)
}

// remove discards a generation.
func (m *Machine) remove(g *Generation) {
	if d, ok := g.State.(*Draining); ok {
		m.move(g, &Over{})
		killed := g.Sent == SentKill
		n := report.NoticeDrained{Gen: g.Gen, Took: m.now.Sub(d.Since), Busy: !d.Idle ||
			d.Cut != "", Cut: d.Cut, Killed: killed, Report: g.Drain.Observed.Report,
			Forced: killed || g.Exit.Signal != 0 && (d.Signalled.IsZero() || g.Ended.Sub(d.Signalled) < atOnce)}
		// later numbers may be of processes that had ended
		if !d.Signalled.IsZero() && (!killed || n.Report.Busy == 0) {
			n.Report = d.AtStop
			n.Report.Moved = g.Drain.Observed.Report.Moved
		}
		if g.served() || g.Runs {
			m.out.Notify(n)
		}
	}
	g.end(m.now)
	m.past = append(m.past, g.life())
	m.past = m.past[max(0, len(m.past)-report.MaxLives):]
	m.gens = slices.DeleteFunc(m.gens, func(o *Generation) bool { return o == g })
	m.debuggers.Forget(g.Gen)
	m.out.Emit(Discard{Gen: g.Gen})
}
