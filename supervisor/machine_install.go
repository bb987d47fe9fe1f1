package supervisor

import "time"

// installing says that packages are being installed. What loads packages must not begin now:
// it would find half of them. A batch waits in the watcher; the machine holds back what begins
// for another reason: a restart after a crash, a command, a standby.
type installing struct {
	until time.Time // at the latest; zero: nothing is being installed
	own   bool      // by the program or a step. A generation installs for itself alone
	told  bool      // the user knows that a start waits
}

// install notes that packages are being installed, or are no longer.
func (m *machine) install(ev evInstalling) {
	if ev.limit == 0 {
		m.installing = installing{}
		return
	}
	m.installing.until, m.installing.own = m.after(ev.limit), ev.own
	if m.packagesIncomplete() {
		m.emit(m.standby.stopRehearsal()...) // else it may blame a package for what is not there yet
	}
}

// packagesIncomplete reports whether nothing may begin because packages are being installed.
func (m *machine) packagesIncomplete() bool {
	return !m.installing.until.IsZero() && (!m.installing.own || m.build != nil)
}

// tellInstalling tells the user, once, that a start waits.
func (m *machine) tellInstalling() {
	if !m.stopping && (m.requested != nil || m.build != nil && m.build.waits) && m.packagesIncomplete() && !m.installing.told {
		m.installing.told = true
		m.tell(NoticeAwaitsPackages{Limit: m.installing.until.Sub(m.now)})
	}
}
