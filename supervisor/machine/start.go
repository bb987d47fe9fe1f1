package machine

import (
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/machine/build"
	"github.com/hotswap-dev/hotswap/supervisor/machine/drain"
	"github.com/hotswap-dev/hotswap/supervisor/machine/policy"
	"github.com/hotswap-dev/hotswap/supervisor/machine/standby"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// startSoon asks for a fresh generation, as soon as one may begin. The latest request
// wins: a start under way is abandoned, unless it has its turn, and what it was for merges into the new one,
// whose fate answers the callers of both.
//
// But a parked generation reads what is on disk when it runs on. It goes on, also for r.
func (m *Machine) startSoon(r build.Request) {
	switch g, s := find[*Starting](m); {
	case g != nil && m.standby.Parked() == g.Gen && !g.Overdue && m.due == nil: // fresh for what changes now
		g.For.Merge(r)
	case g != nil && m.isSpared(g, s):
		m.queue(r)
	default:
		m.supersede(r)
	}
}

// leastSpared is how long a turn lasts at least: the slowest boot so far may have been a standby that was ready.
const leastSpared = time.Second

// isSpared reports whether g goes on, and the newer request waits: no two boots in a row are given up, so that people
// who save faster than the program boots see something newer at least every two boots. A boot that hangs would keep
// others waiting, so a turn ends after the time of the slowest boot so far, and later each time it was too short.
// Before any generation has served nobody knows how long a boot takes.
func (m *Machine) isSpared(g *Generation, s *Starting) bool {
	if !m.everServed || g.Runs || g.Overdue || m.givenUp == 0 {
		return false
	}
	if s.Spared.IsZero() {
		s.Spared = g.Began.Add(max(leastSpared, time.Duration(m.givenUp+1)*m.slowest))
	}
	return m.now.Before(s.Spared)
}

// supersedeSpared gives up a boot for the request that has waited for it.
func (m *Machine) supersedeSpared() {
	if r := m.due; r != nil {
		m.due = nil
		m.supersede(*r)
	}
}

// queue has a request begin as soon as a generation may, also for what waits for the end of a pause.
func (m *Machine) queue(r build.Request) {
	m.dueAt = time.Time{}
	if m.due == nil {
		m.due = &r
	} else {
		m.due.Merge(r)
	}
}

// supersede asks for a fresh generation also if one is parked.
func (m *Machine) supersede(r build.Request) {
	if g := m.starting(); g != nil {
		old := g.release()
		m.dismiss(g, m.last+1)
		old.Merge(r)
		r = old
	}
	m.queue(r)
	m.makeRoom()
}

// makeRoom ends the generation that serves, if another one is due that may not run beside it.
func (m *Machine) makeRoom() {
	if m.isDue() && !m.barred && m.policy.Strategy == policy.StopFirst {
		m.endService()
	}
}

// stopFirst makes the old generation end before the next begins, from now on. If both run already, a generation that is
// held ends, and a boot begins again by itself; also the newest one, if it was refused, and has failed or serves by
// now.
func (m *Machine) stopFirst(refused GenID) {
	if m.policy.Strategy == policy.StopFirst {
		return
	}
	m.policy.Strategy = policy.StopFirst
	held := m.reserve() != nil
	m.retireReserve()
	g, old := m.starting(), m.generation(refused)
	switch s, serving := find[*Serving](m); {
	case s == nil || m.stopping:
	case g != nil:
		m.supersede(build.Request{Origin: report.Origin{Cause: g.For.Cause}})
	case refused == m.last && refused > s.Gen && (serving.RolledBackFrom == 0 || old != nil && old.Exited):
		m.requestBuild(build.Request{Origin: report.Origin{Cause: report.CauseChange}})
	case refused == s.Gen && held:
		m.requestBuild(build.Request{Origin: s.For.Origin})
	}
}

// start starts a generation.
func (m *Machine) start(r build.Request) {
	m.last++
	adopted, waits, parked := m.standby.Adopt(m.last, m.now)
	g := &Generation{
		Life:  report.Life{Gen: m.last, Began: m.now},
		For:   r,
		State: &Starting{Required: m.lastServed, ReadyUntil: m.after(m.policy.ReadyTimeout)},
	}
	m.gens = append(m.gens, g)
	m.out.Emit(Start{Gen: g.Gen, Origin: r.Origin, Standby: adopted, Parked: parked})
	if waits {
		m.out.Emit(standby.Resume{Gen: g.Gen})
	}
}

// started notes the process, or that there is none. A signal that was due before the
// process existed went nowhere, so it is sent again.
func (m *Machine) started(g *Generation, ev Started) {
	if ev.Err != nil {
		if is[*Starting](g) {
			m.fail(g, report.WhyNotStarted, ev.Err)
		}
		m.remove(g)
		return
	}
	g.PID, g.Standby = ev.PID, ev.Standby
	switch s, boots := g.State.(*Starting); {
	case g.Sent != SentNone:
		m.out.Emit(Signal{Gen: g.Gen, Kill: g.Sent == SentKill})
	case !boots:
	case m.policy.ReadyAtStart:
		m.promote(g, s, "start")
	case m.mayRun(g, s):
		s.Lived = m.after(min(time.Second, m.policy.ReadyTimeout/2)) // before that nothing is made of its silence
	}
}

// useless decides what follows when nothing is left of a program that was to wait: of a standby, or of a generation,
// which starts cold unless it is to end.
func (m *Machine) useless(ev standby.Ended) {
	m.standby.Handle(ev, m.aroundStandby())
	g := m.generation(ev.Gen)
	switch {
	case g == nil:
	case !is[*Starting](g):
		m.remove(g)
	default:
		if ev.Why != standby.Asked {
			m.out.Notify(report.NoticeStandbyUnused{Gen: g.Gen, Err: ev.Err})
		}
		m.out.Emit(standby.Cold{Gen: g.Gen})
	}
}

// dismiss abandons a boot in favour of another generation, and ends the boot.
//
// Beside a serving generation the next one begins at once, so the price of the stop signal is that two boots compete
// for a second at most: a boot may have made something that outlives it (a lock file, a pid file, a container), and a
// program without a handler ends just as fast as by SIGKILL. With nothing serving the boot may be a worker at work, or
// hold what the next one needs, so the next one waits.
func (m *Machine) dismiss(g *Generation, by GenID) {
	unserved := m.serving() == nil
	m.giveUp(g, report.Result{Outcome: report.OutcomeSuperseded, By: by}, unserved).BlocksStart = unserved
	if g.Runs {
		return // people hear when it has drained
	}
	m.givenUp++
	next := report.Next{Kind: report.NextStart}
	if by < g.Gen {
		next = report.Next{Kind: report.NextKeeps, Gen: by}
	}
	m.out.Notify(report.NoticeFailed{
		Result: report.Result{Outcome: report.OutcomeFailed, Gen: g.Gen, Why: report.WhySuperseded, By: by},
		Origin: g.For.Origin, After: m.now.Sub(g.Began), Next: next,
	})
}

// giveUp ends a boot. Unserved, it answers what it has before it gets the stop signal: clients were waiting at the gate
// that it took over, and it may have begun on them before anything could tell that it is ready. A worker has the time
// that any generation has.
func (m *Machine) giveUp(g *Generation, r report.Result, unserved bool) *Draining {
	m.complete(g, r)
	d := m.startDrain(g, 0)
	if !unserved {
		m.stopSignal(g, d, "")
		g.Kill = m.after(Hurry)
		return d
	}
	m.out.Emit(Drain{Gen: g.Gen, To: drain.To(d.Successor, m.stopping)})
	if g.Lived {
		m.limitDrain(g, d)
	} else {
		m.endIn(g, d, 2*m.policy.KillGrace())
	}
	return d
}
