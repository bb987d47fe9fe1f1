//go:build linux

package drain

import (
	"context"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
)

// keptConfig observes a connection of this process, which is kept while kept says so.
func keptConfig(t *testing.T, e *ends, kept func() bool) Config {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Fstat(e.fd, &st); err != nil {
		t.Fatal(err)
	}
	return Config{
		Endpoints: []handoff.Endpoint{endpoint(e.srv.LocalAddr().String())},
		Tree:      func() []int { return []int{os.Getpid()} }, CanGetFD: CanGetFD([]int{os.Getpid()}),
		Kept: func(inode uint64) bool { return inode == st.Ino && kept() },
	}
}

// A connection in use is ended, but not while it is kept, however late that is.
func TestKeptIsNotEnded(t *testing.T) {
	e := newEnds(t)
	var kept atomic.Bool
	kept.Store(true)
	cfg := keptConfig(t, e, kept.Load)
	if !cfg.CanGetFD {
		t.Skip("pidfd_getfd is forbidden here")
	}
	cfg.Patience = time.Millisecond
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	d := New(cfg)
	d.Stopping() // else Run ends when nothing is busy
	reports := make(chan Report, 1000)
	go func() {
		defer close(reports)
		_, _ = d.Run(ctx, func(r Report) { reports <- r })
	}()
	until := func(want func(Report) bool) {
		t.Helper()
		for r := range reports {
			if want(r) {
				return
			}
			if kept.Load() && r.Closed > 0 {
				break
			}
		}
		t.Fatal("the connection was ended, or the drain")
	}
	for range 3 { // in use: requests come while it is observed, and a pause follows each answer
		e.ask("GET / HTTP/1.1\r\n\r\n")
		until(func(r Report) bool { return r.Busy == 1 })
		e.answer("answer")
		until(func(r Report) bool { return r.Quiet == 1 })
	}
	kept.Store(false)
	e.send("GET / HTTP/1.1\r\n\r\n") // now hotswap looks at what the client speaks
	until(func(r Report) bool { return r.Busy == 1 })
	e.read()
	e.answer("answer")
	until(func(r Report) bool { return r.Closed == 1 })
}

// When its process has let go of it, a kept connection is none of the generation.
func TestKeptIsNotWaitedFor(t *testing.T) {
	took := map[bool]time.Duration{true: time.Hour, false: time.Hour} // the quickest: one may stall on a busy machine
	for _, kept := range []bool{true, true, true, false} {
		e := newEnds(t)
		e.ask("GET / HTTP/1.1\r\n\r\n")
		cfg := keptConfig(t, e, func() bool { return kept })
		var mu sync.Mutex
		tree := []int{os.Getpid()}
		cfg.Tree = func() []int { mu.Lock(); defer mu.Unlock(); return tree }
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		began := time.Now()
		_, err := New(cfg).Run(ctx, func(Report) {
			mu.Lock()
			tree = []int{1} // some other process, without it
			mu.Unlock()
		})
		cancel()
		if took[kept] = min(took[kept], time.Since(began)); err != nil {
			t.Errorf("kept %v: %v after %v", kept, err, took[kept])
		}
	}
	if took[true] >= lostFor || took[false] < lostFor {
		t.Errorf("the drain took %v with a kept connection, %v with another; %v is for one that is on its way", took[true], took[false], lostFor)
	}
}
