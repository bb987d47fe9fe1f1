//go:build linux

package e2e

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/load"
)

// slow is how long the examples' slow requests take.
const slow = 700 * time.Millisecond

// traffic is a load on a hotswap's program.
type traffic struct {
	*e2etest.Traffic
	h *hotswap // of hotswap.load
}

// sixteen is the mix of the promise: 16 clients, new connections and kept
// ones, GET and POST without retry, and requests that take 700 ms.
func sixteen() []load.Kind {
	return []load.Kind{
		load.FreshGET(4), load.FreshPOST(2), load.KeepAliveGET(4), load.KeepAlivePOST(2),
		load.SlowFresh(2, slow), load.SlowKeepAlive(2, slow),
	}
}

func getsOnly() []load.Kind { return []load.Kind{load.FreshGET(8), load.KeepAliveGET(8)} }

// resting are clients of a program without an adapter: none of their connections moves, and a request that meets the
// stop signal is lost. So those that are kept ask once, and rest until the end of the test, whatever the time of the
// signal.
func resting(kinds []load.Kind) []load.Kind {
	for i := range kinds {
		if kinds[i].KeepAlive {
			kinds[i].Workers, kinds[i].Think = 1, 2*patience
		}
	}
	return kinds
}

func begin(t testing.TB, kinds []load.Kind, checks load.Checks, targets ...string) *traffic {
	t.Helper()
	kinds = slices.Clone(kinds)
	for i := range kinds {
		kinds[i].Think = max(kinds[i].Think, pace)
	}
	return &traffic{Traffic: e2etest.Begin(t, load.Config{Targets: targets, Kinds: kinds, Checks: checks,
		Examples: 100})}
}

// pace is the shortest time that a client thinks between two requests: sixteen clients
// send at most 100 requests a second, and leave the processors to the programs under test.
const pace = 160 * time.Millisecond

// swapped waits until a generation serves, has answered as the version of that number, and the one before has drained.
func (tr *traffic) swapped(gen int) {
	tr.h.t.Helper()
	tr.h.Serving(gen)
	tr.Answers(strconv.Itoa(gen), 20)
	tr.h.Drained(gen - 1)
}

// end ends the load and demands that nothing was lost.
func (tr *traffic) end(t testing.TB) load.Snapshot {
	t.Helper()
	s := tr.End()
	if c := s.Closes; c.Raced > max(1, c.Total()/10) { // HTTP's own race
		t.Errorf("%d of %d closed connections raced", c.Raced, c.Total())
	}
	return s
}
