package load

import (
	"cmp"
	"strconv"
	"sync"
	"time"
)

// Order compares two versions: negative if a is older than b.
type Order func(a, b string) int

// ByInteger compares versions as integers; what is no integer is older than
// everything that is, and compared as text.
func ByInteger(a, b string) int {
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

// ByAppearance makes an Order for versions whose names say nothing (a pid, a
// hash): the one that answered first is the older.
func ByAppearance() Order {
	var mu sync.Mutex
	rank := map[string]int{}
	place := func(v string) int {
		if _, ok := rank[v]; !ok {
			rank[v] = len(rank)
		}
		return rank[v]
	}
	return func(a, b string) int {
		mu.Lock()
		defer mu.Unlock()
		// b first: the history asks for (new, known).
		y := place(b)
		return cmp.Compare(place(a), y)
	}
}

// VersionStats is what one version of the program has answered.
type VersionStats struct {
	Version  string
	First    time.Duration // since the start of the run, when its first answer was complete
	Last     time.Duration // since the start of the run, when its last answer was complete
	Answers  uint64
	Fresh    uint64 // answers on connections that had not answered before
	Replaced bool   // a newer version has answered
}

// history remembers since when each version is known to answer, and so which
// answers are stale. It is guarded by its owner's lock.
type history struct {
	order Order
	// highs are the versions that were the newest yet at their first complete
	// answer, in order of time and so of age.
	highs []high
	// since is when the current order of versions began to hold: connections
	// whose dial began earlier are neither judged nor learnt from.
	since     time.Time
	suspended int
}

type high struct {
	version string
	at      time.Time
}

// learn takes in a complete answer by version, received at, on a connection
// whose dial began at dialed; it tells whether the answer is stale.
func (h *history) learn(version string, dialed, at time.Time) (stale bool) {
	if h.suspended > 0 || dialed.Before(h.since) {
		return false
	}
	// The newest version that was known when the dial began. Few are listed
	// and the last is the usual one.
	for i := len(h.highs) - 1; i >= 0; i-- {
		if h.highs[i].at.Before(dialed) {
			stale = h.order(version, h.highs[i].version) < 0
			break
		}
	}
	if len(h.highs) == 0 || h.order(version, h.highs[len(h.highs)-1].version) > 0 {
		h.highs = append(h.highs, high{version, at})
	}
	return stale
}

// replaced tells whether a newer version than this has answered.
func (h *history) replaced(version string) bool {
	return len(h.highs) > 0 && h.order(version, h.highs[len(h.highs)-1].version) < 0
}
