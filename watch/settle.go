package watch

import (
	"math/bits"
	"time"
)

// maxGrowth bounds the growth of the quiet time: 2^3 times.
const maxGrowth = 3

// settle is the arithmetic of quiet. It holds no clock.
type settle struct {
	quiet, max  time.Duration // constant
	first, last time.Time     // of the events since the last settlement; zero: none
	bursts      int           // runs of events with a pause between them
	files       int           // distinct paths
}

// event counts an event at now; files is the number of dirty paths with it.
func (s *settle) event(now time.Time, files int) {
	switch {
	case s.first.IsZero():
		s.first, s.bursts = now, 1
	case now.Sub(s.last) > s.quiet/2:
		s.bursts++
	}
	s.last, s.files = now, files
}

// need is the quiet time asked for by what came so far: doubled by each burst
// after the first and by each fourfold of files. The files matter because a
// storm has to be recognised by its first burst: the pause after it is longer
// than the quiet time of a single save.
func (s *settle) need() time.Duration {
	byFiles := (bits.Len(uint(s.files)) - 1) / 2 // 1–3: 0, 4–15: 1, 16–63: 2, 64 and more: 3
	return s.quiet << max(0, min(maxGrowth, max(s.bursts-1, byFiles)))
}

// single tells whether what came so far looks like a single save.
func (s *settle) single() bool { return s.need() == s.quiet }

// due is the time when the batch is settled, never after limit.
func (s *settle) due() time.Time {
	due := s.last.Add(s.need())
	if limit := s.limit(); due.After(limit) {
		return limit
	}
	return due
}

// limit is the time when the batch settles whatever still comes.
func (s *settle) limit() time.Time { return s.first.Add(s.max) }

// restart begins anew at now, with what is dirty already.
func (s *settle) restart(now time.Time) {
	*s = settle{quiet: s.quiet, max: s.max, first: now, last: now, bursts: 1}
}

// reset forgets all events.
func (s *settle) reset() { *s = settle{quiet: s.quiet, max: s.max} }
