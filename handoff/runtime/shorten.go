package runtime

import (
	"maps"
	"slices"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/direct"
	"github.com/hotswap-dev/hotswap/handoff/runtime/standby"
)

const errUninspected = handoff.Unknown("no generation has been inspected")

// judge finds out how the program starts without its launchers, from a generation that ran the whole command, and returns
// the path that leads to the program. Of a generation that ran the program by itself, that is the path by which the
// launchers led to it.
func (m *Manager) judge(gen handoff.GenID, command []string, program standby.Program, path []standby.Process) []standby.Process {
	m.mu.Lock()
	by := m.direct[gen]
	m.mu.Unlock()
	if by != nil {
		return append(slices.Clone(by.Launchers), path...)
	}
	s, err := direct.New(command, path, program)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.start, m.whole = s, err
	return path
}

// Shorten changes a launch so that the program starts by itself.
func (m *Manager) Shorten(l *handoff.Launch) (handoff.Direct, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.start
	if s == nil {
		return handoff.Direct{}, m.whole
	}
	if err := s.Apply(l); err != nil {
		return handoff.Direct{}, err
	}
	m.direct[l.Gen] = s
	if len(m.direct) > mostDirect {
		delete(m.direct, slices.Min(slices.Collect(maps.Keys(m.direct))))
	}
	return handoff.Direct{Name: s.Name(), Left: s.Left(), Valid: s.Valid}, nil
}

// mostDirect bounds of how many generations it is known that they ran the program by itself: one that serves is inspected
// before so many others begin.
const mostDirect = 64

// Whole has the whole command run until another generation that did so was inspected.
func (m *Manager) Whole() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.start, m.whole = nil, errUninspected
}
