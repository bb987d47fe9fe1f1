package supervisor

import (
	"fmt"
	"sync"

	"github.com/hotswap-dev/hotswap/supervisor/proc"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// postMortem returns what is known of an end: the exit and what the program wrote last.
func (s *Supervisor) postMortem(gen GenID, e report.Exit) report.PostMortem {
	c := s.children[gen]
	if c == nil {
		return report.PostMortem{Reason: e.String()}
	}
	var last []string
	if out := c.out.Load(); out != nil {
		last = (*out).Last()
	}
	return report.PostMortem{Reason: reason(e, c.starved.Load(), last), Quote: quote(e, last), Last: last}
}

// memory knows how much memory is left, and how often the kernel has killed for lack of
// memory where hotswap and its programs are counted.
type memory struct {
	kills func() int            // proc.MemoryKills, except in tests
	used  func([]int) uint64    // proc.MemoryOf, except in tests
	left  func() (uint64, bool) // proc.MemoryLeft, except in tests

	mu        sync.Mutex // guards what follows
	explained int        // the number of kills that explain the ends so far
	size      uint64     // of a generation, as far as it is known
}

func newMemory() *memory {
	return &memory{kills: proc.MemoryKills, used: proc.MemoryOf, left: proc.MemoryLeft}
}

// killedSince reports whether the kernel has killed since the number of kills was start, more
// often than explains other ends.
func (m *memory) killedSince(start int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.kills()
	rose := n > max(start, m.explained)
	m.explained = n
	return rose
}

// standbyShare is the part of the memory that is left which a standby may take: a quarter.
const standbyShare = 4

// room returns an error if the memory that is left does not suffice for a standby as large as
// these processes, or, without any, as the last generation.
func (m *memory) room(tree []int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(tree) > 0 {
		m.size = m.used(tree)
	}
	left, ok := m.left()
	if !ok || m.size <= left/standbyShare {
		return nil
	}
	return tooLarge(m.size, left)
}

// enough returns how much memory the processes of a standby take, and an error if that is too
// much.
func (m *memory) enough(tree []int) (uint64, error) {
	size := m.used(tree)
	left, ok := m.left()
	if !ok || size <= (left+size)/standbyShare {
		return size, nil
	}
	return size, refusal{tooLarge(size, left+size)}
}

func tooLarge(size, left uint64) error {
	return fmt.Errorf("it would take more than a quarter of the memory that is left: %d of %d MB", size>>20, left>>20)
}
