package supervisor

import (
	"sync"

	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// postMortem asks the streams what the program said last.
func (s *Supervisor) postMortem(gen GenID, e Exit) PostMortem {
	c := s.children[gen]
	if c == nil {
		return PostMortem{Reason: e.String()}
	}
	var last []string
	if out := c.out.Load(); out != nil {
		last = (*out).Last()
	}
	return PostMortem{Reason: reason(e, c.starved.Load(), last), Last: last}
}

// memory knows how often the kernel has killed for lack of memory where we and
// our programs are counted.
type memory struct {
	kills func() int // proc.MemoryKills, except in tests: the count

	used func([]int) uint64    // proc.MemoryOf, likewise
	left func() (uint64, bool) // proc.MemoryLeft, likewise

	mu   sync.Mutex // guards what follows
	told int        // the count up to which somebody's end is explained
	size uint64     // of a generation, as far as it is known
}

// killedSince says whether the count has risen since, by more than what explains
// another end.
func (m *memory) killedSince(start int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.kills()
	rose := n > max(start, m.told)
	m.told = n
	return rose
}

func newMemory() *memory {
	return &memory{kills: proc.MemoryKills, used: proc.MemoryOf, left: proc.MemoryLeft}
}
