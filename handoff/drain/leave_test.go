//go:build linux

package drain

import (
	"context"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
)

// A connection in use is ended, but not while its process ends its connections by itself.
func TestProcessEndsItsConnections(t *testing.T) {
	if !CanGetFD([]int{os.Getpid()}) {
		t.Skip("pidfd_getfd is forbidden here")
	}
	e := newEnds(t)
	var leave atomic.Bool
	leave.Store(true)
	cfg := Config{
		Endpoints: []handoff.Endpoint{endpoint(e.srv.LocalAddr().String())},
		Tree:      func() []int { return []int{os.Getpid()} }, CanGetFD: true,
		Leave: func(pid int) bool { return pid == os.Getpid() && leave.Load() },
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	d := New(cfg)
	d.Stopping()                       // else Run ends when nothing is busy
	reports := make(chan Report, 1000) // closed behind the last one, when the drain has ended
	go func() {
		defer close(reports)
		_, _ = d.Run(ctx, func(r Report) { reports <- r })
	}()
	until := func(want func(Report) bool) {
		t.Helper()
		for r := range reports {
			if r.Closed > 0 {
				t.Fatal("the connection was ended")
			}
			if want(r) {
				return
			}
		}
		t.Fatal("the drain has ended")
	}
	for range 3 { // in use: requests come while it is observed, and a pause follows each answer
		e.ask("GET / HTTP/1.1\r\n\r\n")
		until(func(r Report) bool { return r.Busy == 1 })
		e.answer("answer")
		until(func(r Report) bool { return r.Quiet == 1 })
	}
	leave.Store(false)
	e.send("GET / HTTP/1.1\r\n\r\n") // now hotswap looks at what the client speaks
	until(func(r Report) bool { return r.Busy == 1 })
	e.read()
	e.answer("answer")
	for r := range reports {
		if r.Closed > 0 {
			return
		}
	}
	t.Fatal("the connection was not ended")
}
