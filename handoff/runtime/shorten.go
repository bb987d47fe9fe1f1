package runtime

import (
	"slices"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/direct"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
)

const errUninspected = handoff.Unknown("no generation has been inspected")

// shortcut says how the program starts by itself. It is constant: the supervisor's loop waits for no lock of a Manager.
type shortcut struct {
	start *direct.Start // nil: the whole command runs
	why   error         // it does
}

// judge finds out how the program starts without its launchers, from a generation that ran the whole command, and returns
// the path that leads to the program. Of a generation that ran the program by itself, that is the path by which the
// launchers led to it.
func (m *Manager) judge(command []string, program standby.Program, path []standby.Process) []standby.Process {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.launchers != nil && len(path) == 1 {
		return append(slices.Clone(m.launchers), path...)
	}
	s, why := direct.New(command, path, program)
	if m.givenBy = ""; s != nil {
		m.launchers = s.Launchers
	} else {
		m.givenBy = direct.Unknown(command, path)
	}
	m.shortcut.Store(&shortcut{s, why})
	return path
}

// Shorten changes a launch so that the program starts by itself.
func (m *Manager) Shorten(l *handoff.Launch) (handoff.Direct, error) {
	c := m.shortcut.Load()
	if c.start == nil {
		return handoff.Direct{}, c.why
	}
	return c.start.Apply(l)
}

// Whole has the whole command run until another generation that did so was inspected.
func (m *Manager) Whole() { m.shortcut.Store(&shortcut{why: errUninspected}) }
