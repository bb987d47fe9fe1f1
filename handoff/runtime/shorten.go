package runtime

import (
	"maps"
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
	mu    sync.Mutex                      // guards what follows
	start *direct.Start                   // nil: the whole command runs
	why   error                           // it does
	by    map[handoff.GenID]*direct.Start // of generations that ran the program by itself
}

// mostDirect bounds of how many generations it is known that they ran the program by itself: one that serves is inspected
// before so many others begin.
const mostDirect = 64

func (c *shortcut) set(s *direct.Start, why error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.start, c.why = s, why
}

func (c *shortcut) get() (*direct.Start, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.start, c.why
}

// note notes that a generation runs the program by itself.
func (c *shortcut) note(gen handoff.GenID, s *direct.Start) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by == nil {
		c.by = map[handoff.GenID]*direct.Start{}
	}
	c.by[gen] = s
	if len(c.by) > mostDirect {
		delete(c.by, slices.Min(slices.Collect(maps.Keys(c.by))))
	}
}

func (c *shortcut) of(gen handoff.GenID) *direct.Start {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.by[gen]
}

// judge finds out how the program starts without its launchers, from a generation that ran the whole command, and returns
// the path that leads to the program. Of a generation that ran the program by itself, that is the path by which the
// launchers led to it.
func (m *Manager) judge(gen handoff.GenID, command []string, program standby.Program, path []standby.Process) []standby.Process {
	if by := m.shortcut.of(gen); by != nil {
		return append(slices.Clone(by.Launchers), path...)
	}
	m.shortcut.set(direct.New(command, path, program))
	return path
}

// Shorten changes a launch so that the program starts by itself.
func (m *Manager) Shorten(l *handoff.Launch) (handoff.Direct, error) {
	s, why := m.shortcut.get()
	if s == nil {
		return handoff.Direct{}, why
	}
	if err := s.Apply(l); err != nil {
		return handoff.Direct{}, err
	}
	m.shortcut.note(l.Gen, s)
	return handoff.Direct{Name: s.Name(), Left: s.Left(), Valid: s.Valid}, nil
}

// Whole has the whole command run until another generation that did so was inspected.
func (m *Manager) Whole() { m.shortcut.set(nil, errUninspected) }
