package machine

import (
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/machine/build"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// A program that nobody uses may sleep: no generation runs, clients wait in the gates, and what changes meanwhile asks
// for waits with them. A client that waits, or a command, starts the next generation.

// sleep ends the generation, unless something else is under way, or there is another one.
func (m *Machine) sleep(gen GenID, idle time.Duration) {
	s := m.serving()
	if s == nil || s.Gen != gen || s.Exited || len(m.gens) > 1 || !m.calm() {
		return
	}
	m.asleep = &build.Request{Origin: report.Origin{Cause: report.CauseClient}}
	m.standby.Stop(false)
	m.out.Notify(report.NoticeAsleep{Gen: gen, Idle: idle})
	m.endService()
}

// wakes adds a request to what the next client starts, and reports whether that starts now. Nothing starts for a client
// if nothing sleeps: it has been served.
func (m *Machine) wakes(r *build.Request) bool {
	if m.asleep == nil {
		return r.Cause != report.CauseClient
	}
	m.asleep.Merge(*r)
	if r.Cause == report.CauseChange {
		return false
	}
	*r, m.asleep = *m.asleep, nil
	return true
}
