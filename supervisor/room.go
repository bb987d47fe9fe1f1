package supervisor

import "fmt"

// share is how much of the memory that is left a standby may take: one part of so
// many.
const share = 4

// room says why there is not enough memory for a standby that takes as much as
// the processes of the generation that it is made after; without any, as the last
// one.
func (m *memory) room(tree []int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(tree) > 0 {
		m.size = m.used(tree)
	}
	left, ok := m.left()
	if !ok || m.size <= left/share {
		return nil
	}
	return crowded(m.size, left)
}

// enough is how much the processes of a standby take, and why that is too much.
func (m *memory) enough(tree []int) (uint64, error) {
	size := m.used(tree)
	left, ok := m.left()
	if !ok || size <= (left+size)/share {
		return size, nil
	}
	return size, refusal{crowded(size, left+size)}
}

func crowded(size, left uint64) error {
	return fmt.Errorf("it would take more than a quarter of the memory that is left: %d of %d MB", size>>20, left>>20)
}
