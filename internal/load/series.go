package load

// series checks the numbers of one direction of a connection, which must come once and
// in order.
type series struct {
	next    uint64          // expected number; 0: any
	missing map[uint64]bool // skipped and not received yet
}

// verdict judges a message.
type verdict int

const (
	inOrder verdict = iota
	doubled
	disordered // received after it was skipped
)

// take judges the number n and returns how many numbers it skipped.
func (s *series) take(n uint64) (v verdict, skipped uint64) {
	switch {
	case s.next == 0 || n == s.next:
		s.next = n + 1
		return inOrder, 0
	case n > s.next:
		if s.missing == nil {
			s.missing = map[uint64]bool{}
		}
		skipped = n - s.next
		// The limit protects the memory from a nonsensical number.
		for i := s.next; i < n && len(s.missing) < 10_000; i++ {
			s.missing[i] = true
		}
		s.next = n + 1
		return inOrder, skipped
	case s.missing[n]:
		delete(s.missing, n)
		return disordered, 0
	}
	return doubled, 0
}
