//go:build linux

package drain

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// Two processes hold one connection; it is one connection, and it stays seen
// when the process that had it first ends.
func TestSharedConnectionCountsOnce(t *testing.T) {
	e := newEnds(t)
	e.ask("request")
	f := testkit.Must(e.srv.File())(t)
	defer f.Close()
	child := startAs(t, "hold", f).cmd.Process.Pid
	for _, can := range []bool{true, false} {
		cfg := e.config()
		cfg.Tree, cfg.CanGetFD = func() []int { return []int{os.Getpid(), child} }, can
		end := run(t, cfg, 100*time.Millisecond)
		if r, _ := end(); r.Busy != 1 || r.Connections != 1 {
			t.Errorf("pidfd_getfd %v: %+v; want one busy connection", can, r)
		}
	}
}

// The connection is in no process of the tree, but open: on its way.
func TestConnectionOnItsWayIsBusy(t *testing.T) {
	t.Parallel()
	e := newEnds(t)
	e.ask("request")
	var mu sync.Mutex
	tree := []int{os.Getpid()}
	cfg := e.config()
	cfg.Tree = func() []int { mu.Lock(); defer mu.Unlock(); return tree }
	var saw []Report
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	began := time.Now()
	_, err := untilIdle(ctx, cfg, func(r Report) {
		saw = append(saw, r)
		mu.Lock()
		tree = []int{1} // some other process, without it
		mu.Unlock()
	})
	if took := time.Since(began); err != nil || took < lostFor {
		t.Errorf("%v after %v, reports %+v; want it busy for %v and no longer for ever", err, took, saw, lostFor)
	}
}
