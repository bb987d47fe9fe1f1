package runtime

import (
	"slices"
	"sync"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/direct"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
)

const errUninspected = handoff.Unknown("no generation has been inspected")

// shortcut is what a Manager knows of how the program starts by itself. Its lock is held for a moment only, because the
// supervisor's loop waits for it.
type shortcut struct {
	mu        sync.Mutex        // guards what follows
	start     *direct.Start     // nil: the whole command runs
	why       error             // it does
	launchers []standby.Process // above the newest program that could start by itself
}

func (c *shortcut) set(s *direct.Start, why error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.start, c.why = s, why
	if s != nil {
		c.launchers = s.Launchers
	}
}

func (c *shortcut) get() (s *direct.Start, launchers []standby.Process, why error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.start, c.launchers, c.why
}

// judge finds out how the program starts without its launchers, from a generation that ran the whole command, and returns
// the path that leads to the program. Of a generation that ran the program by itself, that is the path by which the
// launchers led to it.
func (m *Manager) judge(command []string, program standby.Program, path []standby.Process) []standby.Process {
	if _, launchers, _ := m.shortcut.get(); launchers != nil && len(path) == 1 {
		return append(slices.Clone(launchers), path...)
	}
	m.shortcut.set(direct.New(command, path, program))
	return path
}

// Shorten changes a launch so that the program starts by itself.
func (m *Manager) Shorten(l *handoff.Launch) (handoff.Direct, error) {
	s, _, why := m.shortcut.get()
	if s == nil {
		return handoff.Direct{}, why
	}
	return s.Apply(l)
}

// Whole has the whole command run until another generation that did so was inspected.
func (m *Manager) Whole() { m.shortcut.set(nil, errUninspected) }
