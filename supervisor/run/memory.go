package run

import (
	"fmt"
	"sync"

	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// Memory knows how much memory is left, and how often the kernel has killed for lack of
// memory where hotswap and its programs are counted.
type Memory struct {
	Kills func() int            // proc.MemoryKills, except in tests
	Used  func([]int) uint64    // proc.MemoryOf, except in tests
	Left  func() (uint64, bool) // proc.MemoryLeft, except in tests

	mu        sync.Mutex // guards what follows
	explained int        // the number of kills that explain the ends so far
	size      uint64     // of a generation, as far as it is known
}

// NewMemory returns what knows of this machine.
func NewMemory() *Memory {
	return &Memory{Kills: proc.MemoryKills, Used: proc.MemoryOf, Left: proc.MemoryLeft}
}

// KilledSince reports whether the kernel has killed since the number of kills was start, more
// often than explains other ends.
func (m *Memory) KilledSince(start int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.Kills()
	rose := n > max(start, m.explained)
	m.explained = n
	return rose
}

// standbyShare is the part of the memory that is left which a standby may take: a quarter.
const standbyShare = 4

// Room returns an error if the memory that is left does not suffice for a standby as large as
// these processes, those of the generation that serves, or, without any, as the last generation.
func (m *Memory) Room(tree []int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(tree) > 0 {
		m.size = m.Used(tree)
	}
	left, ok := m.Left()
	if !ok || m.size <= left/standbyShare {
		return nil
	}
	return fmt.Errorf("it would take more than a quarter of the memory that is left: %d of %d MB", m.size>>20, left>>20)
}
