package load

import (
	"cmp"
	"strconv"
	"time"
)

// byAge compares versions as integers: negative if a is older. A version that is no
// integer is older than any integer, and compared as text.
func byAge(a, b string) int {
	x, errX := strconv.ParseInt(a, 10, 64)
	y, errY := strconv.ParseInt(b, 10, 64)
	switch {
	case errX == nil && errY == nil:
		return cmp.Compare(x, y)
	case errX == nil:
		return 1
	case errY == nil:
		return -1
	}
	return cmp.Compare(a, b)
}

// VersionStats says how often a version of the program has answered.
type VersionStats struct {
	Version string
	Answers uint64
}

// history decides which answers are stale. Its owner's lock guards it.
type history struct {
	// highs are the versions that were the newest at their first complete answer, in
	// order of time and so of age.
	highs []high
	// since: connections whose dial began earlier are ignored.
	since     time.Time
	suspended int
}

type high struct {
	version string
	at      time.Time
}

// learn records a complete answer, received at, on a connection whose dial began at
// dialed. It reports whether the answer is stale.
func (h *history) learn(version string, dialed, at time.Time) (stale bool) {
	if h.suspended > 0 || dialed.Before(h.since) {
		return false
	}
	// Finds the newest version that was known when the dial began.
	for i := len(h.highs) - 1; i >= 0; i-- {
		if h.highs[i].at.Before(dialed) {
			stale = byAge(version, h.highs[i].version) < 0
			break
		}
	}
	if len(h.highs) == 0 || byAge(version, h.highs[len(h.highs)-1].version) > 0 {
		h.highs = append(h.highs, high{version, at})
	}
	return stale
}
