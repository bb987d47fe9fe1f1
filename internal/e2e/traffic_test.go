//go:build linux

package e2e

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// slow is how long the examples' slow requests take.
const slow = 700 * time.Millisecond

// raced and closed count over all tests of a run.
var raced, closed atomic.Uint64

// tooManyRaces judges the whole run: more than 1 in 50 of the connections that
// were closed on programs' behalf.
func tooManyRaces() bool { return raced.Load() > max(1, closed.Load()/50) }

// traffic is a load that runs until it is ended.
type traffic struct {
	t      testing.TB
	c      *load.Client
	cancel context.CancelFunc
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
	c := load.Config{Targets: targets, Kinds: slices.Clone(kinds), Checks: checks, Examples: 100, Timeout: patience}
	for i := range c.Kinds {
		c.Kinds[i].Think = max(c.Kinds[i].Think, pace)
	}
	ctx, cancel := context.WithCancel(context.Background())
	tr := &traffic{t: t, c: load.New(c), cancel: cancel}
	go tr.c.Run(ctx)
	t.Cleanup(cancel)
	return tr
}

// pace is the shortest time that a client thinks between two requests: sixteen clients
// send at most 100 requests a second, and leave the processors to the programs under test.
const pace = 160 * time.Millisecond

// answers waits until a version has been answered so often.
func (tr *traffic) answers(version string, n uint64) {
	tr.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := tr.c.Await(ctx, func(s load.Snapshot) bool { return s.Version(version).Answers >= n }); err != nil {
		tr.t.Fatalf("version %s was not answered %d times: %v\n%v", version, n, err, tr.c.Snapshot())
	}
}

// more waits for so many further requests.
func (tr *traffic) more(n uint64) {
	tr.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	from := tr.c.Snapshot().Requests
	if err := tr.c.Await(ctx, func(s load.Snapshot) bool { return s.Requests >= from+n }); err != nil {
		tr.t.Fatalf("no %d further requests: %v\n%v", n, err, tr.c.Snapshot())
	}
}

// end ends the load and demands that nothing was lost.
func (tr *traffic) end() load.Snapshot {
	tr.t.Helper()
	tr.cancel()
	s := tr.c.Wait()
	tr.t.Logf("%v", s)
	if s.Failed() != 0 {
		tr.t.Errorf("%d requests failed", s.Failed())
	}
	// HTTP's own race: at most 1 in 50, of all connections of the run
	// (TestMain), for of some 40 even two say nothing about the rate. Many more
	// in one test are a fault of their own.
	raced.Add(s.Closes.Raced)
	closed.Add(s.Closes.Total())
	if c := s.Closes; c.Raced > max(3, c.Total()/10) {
		tr.t.Errorf("%d of %d closed connections raced", c.Raced, c.Total())
	}
	if n := s.Counts[load.Abandoned]; n > 0 {
		tr.t.Errorf("%d requests were never answered", n)
	}
	return s
}
