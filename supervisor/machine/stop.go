package machine

import (
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// stop drains and ends, after the delay if a generation serves: from now on nothing starts, and that generation serves
// until then. A second stop cuts the delay short, and does nothing after that; the caller decides when to use
// [StopNow].
func (m *Machine) stop(delay time.Duration) {
	if m.stopping && m.stopsAt.IsZero() {
		return
	}
	if delay > 0 && !m.stopping && m.serving() != nil {
		m.beginShutdown(0)
		m.endBoot(false)
		m.stopsAt = m.after(delay)
		m.out.Notify(report.NoticeStopping{Alive: len(m.gens), In: delay})
		return
	}
	m.drainAll()
}

// drainAll begins the end that was asked for.
func (m *Machine) drainAll() {
	m.end(m.code)
	m.out.Notify(report.NoticeStopping{Alive: len(m.gens)})
}

// end lets everything drain. Then hotswap ends with that code.
func (m *Machine) end(code int) {
	m.beginShutdown(code)
	unserved := m.serving() == nil
	m.endService()
	m.endBoot(unserved)
}

// endBoot gives up the generation that starts. unserved: no other generation has clients.
func (m *Machine) endBoot(unserved bool) {
	if g := m.starting(); g != nil {
		m.giveUp(g, report.Result{Outcome: report.OutcomeStopping}, unserved)
	}
}

// stopNow kills everything and ends.
func (m *Machine) stopNow(code int) {
	m.standby.Stop(true)
	m.out.Emit(EndBeside{Now: true})
	m.beginShutdown(code)
	m.build.Kill()
	for _, g := range m.gens {
		switch g.State.(type) {
		case *Starting, *Serving, *Reserve:
			m.complete(g, report.Result{Outcome: report.OutcomeStopping})
			m.startDrain(g, 0)
		case *Draining, *Over:
		}
		m.kill(g)
	}
	m.out.Notify(report.NoticeStopping{Alive: len(m.gens), Now: true})
}

// beginShutdown makes this the end: nothing starts any more, and when everything is gone the loop ends with that code.
func (m *Machine) beginShutdown(code int) {
	m.stopping, m.code, m.stopsAt, m.asleep = true, code, time.Time{}, nil
	m.standby.Stop(false)
	m.discardDue(report.Result{Outcome: report.OutcomeStopping})
}
