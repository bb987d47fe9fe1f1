//go:build linux

package e2e

import (
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/load"
)

// slow is how long the examples' slow requests take.
const slow = 700 * time.Millisecond

// raced and closed count over all tests of a run.
var raced, closed atomic.Uint64

// tooManyRaces judges the whole run: more than 1 in 50 of the connections that
// were closed on programs' behalf.
func tooManyRaces() bool { return raced.Load() > max(1, closed.Load()/50) }

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

func begin(t testing.TB, kinds []load.Kind, checks load.Checks, targets ...string) *traffic {
	t.Helper()
	kinds = slices.Clone(kinds)
	for i := range kinds {
		kinds[i].Think = max(kinds[i].Think, pace)
	}
	return &traffic{Traffic: e2etest.Begin(t, load.Config{Targets: targets, Kinds: kinds, Checks: checks, Examples: 100})}
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
	// HTTP's own race: at most 1 in 50, of all connections of the run
	// (TestMain), for of some 40 even two say nothing about the rate. Many more
	// in one test are a fault of their own.
	raced.Add(s.Closes.Raced)
	closed.Add(s.Closes.Total())
	if c := s.Closes; c.Raced > max(3, c.Total()/10) {
		t.Errorf("%d of %d closed connections raced", c.Raced, c.Total())
	}
	return s
}
