package run

import (
	"fmt"
	"sync"
)

// Memory knows how much memory is left.
type Memory struct {
	Used func([]int) uint64 // usage.MemoryOf, except in tests
	Left func() uint64      // usage.MemoryLeft, except in tests

	mu   sync.Mutex // guards size
	size uint64     // of a generation, as far as it is known
}

// standbyShare is the part of the memory that is left which a standby may take: a quarter.
const standbyShare = 4

// Room returns an error if the memory that is left does not suffice for a standby as large as
// these processes, those of the generation that serves, or, without any, as the last generation.
func (m *Memory) Room(tree []int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	left := m.Left()
	if len(tree) > 0 {
		m.size = m.Used(tree)
	}
	if m.size <= left/standbyShare {
		return nil
	}
	return fmt.Errorf("it would take more than a quarter of the memory that is left: %d of %d MB", m.size>>20, left>>20)
}
