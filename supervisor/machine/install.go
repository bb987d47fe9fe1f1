package machine

import (
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// installing says that packages are being installed. What loads packages must not begin now:
// it would find half of them. A batch waits in the watcher; the machine holds back what begins
// for another reason: a restart after a crash, a command, a standby.
type installing struct {
	until    time.Time // at the latest; zero: nothing is being installed
	own      bool      // by the program or a step. A generation installs for itself alone
	notified bool      // the user knows that a start waits
}

// byOthers reports whether somebody else than the program or a step installs packages.
func (i installing) byOthers() bool { return !i.until.IsZero() && !i.own }

// install notes that packages are being installed, or are no longer.
func (m *Machine) install(ev Installing) {
	if ev.Limit == 0 {
		m.installing = installing{}
		return
	}
	m.installing.until, m.installing.own = m.after(ev.Limit), ev.Own
	if m.packagesIncomplete() {
		m.standby.StopRehearsal() // else it may blame a package for what is not there yet
		m.emit(m.standby.Effects()...)
	}
}

// packagesIncomplete reports whether nothing may begin because packages are being installed.
func (m *Machine) packagesIncomplete() bool {
	return m.installing.byOthers() || !m.installing.until.IsZero() && m.build.Busy()
}

// notifyInstalling tells the user, once, that a start waits.
func (m *Machine) notifyInstalling() {
	if !m.stopping && (m.requested != nil || m.build.Parked()) && m.packagesIncomplete() && !m.installing.notified {
		m.installing.notified = true
		m.emit(report.NoticeAwaitsPackages{Limit: m.installing.until.Sub(m.now)})
	}
}
