package selfwrite

import (
	"slices"
	"time"
)

// oblivion is how many generations in a row may pass without the echo until it
// is forgotten.
const oblivion = 3

// habit is when, from its start, the program writes a file.
type habit struct {
	low, high, slack time.Duration
	gen              int // that did it last
}

func newHabit(gen int, delays []time.Duration) *habit {
	h := &habit{low: slices.Min(delays), high: slices.Max(delays), gen: gen}
	h.slack = slack(h.high)
	return h
}

// repeated tells whether a change in that generation, so long after its
// beginning, is the echo again. One that is not teaches: the range of points
// widens, each time by twice as much, so that a program without any rule is
// known in the end.
func (h *habit) repeated(gen int, delay time.Duration) bool {
	h.gen = gen
	if h.low-h.slack <= delay && delay <= h.high+h.slack {
		return true
	}
	h.low, h.high, h.slack = min(h.low, delay), max(h.high, delay), 2*h.slack
	return false
}
