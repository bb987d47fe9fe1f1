package load

// series follows the numbers of one direction of one connection: each is to come
// once, and after the one before it. The first one may be any, where first is 0.
type series struct {
	next    uint64          // the number that is due; 0: whichever comes
	missing map[uint64]bool // passed over and not come yet
}

// verdict is what became of a message.
type verdict int

const (
	inOrder verdict = iota
	doubled
	disordered // it was passed over before, and came all the same
)

// take judges the number n, and says how many were passed over for it.
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
		// A number from nowhere must not fill the memory.
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
