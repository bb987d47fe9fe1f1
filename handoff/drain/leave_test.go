//go:build linux

package drain

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
)

// idler takes what it is given and does nothing.
type idler struct{}

func (idler) Room() int { return 1 }
func (idler) Move(_ uint64, fd int, _ []byte) func() bool {
	_ = unix.Close(fd)
	return nil
}

func (idler) Has(uint64) bool { return false }

// answerer keeps what it takes over.
type answerer struct {
	idler
	endless bool // the answers have no end of their own
}

func (a answerer) Move(uint64, int, []byte) func() bool { return func() bool { return a.endless } }

// The old process waits for what another generation answers, but not for an event stream, nor while none serves. If
// none will serve, requests are refused.
func TestWhatHasMovedIsWaitedFor(t *testing.T) {
	if !CanGetFD([]int{os.Getpid()}) {
		t.Skip("pidfd_getfd is forbidden here")
	}
	for name, c := range map[string]struct {
		endless, serves, never bool
		want                   Report
	}{
		"an answer":         {serves: true, want: Report{Busy: 1, Moved: 1, Settled: true}},
		"an event stream":   {endless: true, serves: true, want: Report{Quiet: 1, Moved: 1, Idle: true, Settled: true}},
		"nobody serves yet": {want: Report{Quiet: 1, Moved: 1, Idle: true, Settled: true}},
		"nobody will serve": {never: true, want: Report{Closed: 1, Idle: true, Settled: true}},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEnds(t)
			e.ask("GET / HTTP/1.1\r\n\r\n")
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			var last Report
			_ = New(Config{
				Endpoints: []handoff.Endpoint{endpoint(e.srv.LocalAddr().String())},
				Tree:      func() []int { return []int{os.Getpid()} }, CanGetFD: true, Mover: answerer{endless: c.endless},
				Next: func() (bool, bool) { return c.serves, c.never },
			}).Run(ctx, func(r Report) {
				if !last.Settled && r.Settled {
					e.answer(strings.Repeat("answer", 20))
					e.send("GET / HTTP/1.1\r\n\r\n")
				}
				if last = r; r == c.want {
					cancel()
				}
			})
			if last != c.want {
				t.Errorf("%+v, want %+v", last, c.want)
			}
		})
	}
}

// A program that is told to stop may end with a request unread that has just come.
func TestRequestAtTheEndIsMoved(t *testing.T) {
	if !CanGetFD([]int{os.Getpid()}) {
		t.Skip("pidfd_getfd is forbidden here")
	}
	e := newEnds(t)
	e.ask("GET / HTTP/1.1\r\n\r\n")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var last Report
	looks, answered := 0, false
	d := New(Config{
		Endpoints: []handoff.Endpoint{endpoint(e.srv.LocalAddr().String())},
		Tree:      func() []int { return []int{os.Getpid()} }, CanGetFD: true, Mover: answerer{},
		Waiting: func() int { // called before each look
			if _, held := e.hand().holdable(); held && !answered {
				answered = true
				e.answer(strings.Repeat("answer", 20))
			}
			if last.Idle && last.Retired {
				looks++
			}
			if looks == 3 {
				e.send("GET / HTTP/1.1\r\n\r\n")
				until(t, func() bool { return e.look().Unread > 0 })
				e.srv.Close()
			}
			return 0
		},
	})
	d.Retire()
	_ = d.Run(ctx, func(r Report) {
		if last = r; r.Moved > 0 {
			cancel()
		}
	})
	if last.Moved != 1 || d.spares != 0 {
		t.Errorf("%+v, %d duplicates; want the request to move", last, d.spares)
	}
}

// Each lasting drain has duplicates of at most spareMost connections.
func TestDuplicatesAreBounded(t *testing.T) {
	if !CanGetFD([]int{os.Getpid()}) {
		t.Skip("pidfd_getfd is forbidden here")
	}
	p := startProgram(t)
	for range spareMost + 5 {
		c := dial(t, p.addr)
		_, err := c.Write([]byte("GET /fast HTTP/1.1\r\nHost: a\r\n\r\n"))
		if _, end := c.Read(make([]byte, 512)); err != nil || end != nil {
			t.Fatal(err, end)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	cfg, most, looks := p.moving(), 0, 0
	var d *Drain
	cfg.Waiting = func() int { // called before each look
		if most = max(most, d.spares); most == spareMost {
			if looks++; looks == 20 {
				cancel()
			}
		}
		return 0
	}
	d = New(cfg)
	d.Retire()
	_ = d.Run(ctx, func(Report) {})
	if most != spareMost || d.spares != 0 {
		t.Errorf("%d duplicates at most, %d after the drain; want %d and none", most, d.spares, spareMost)
	}
}

// What the program gets all the same: a first request while no generation serves, because it has waited for the next
// one already, and at the end of hotswap requests of a program that tells its clients itself.
func TestTheProgramAnswers(t *testing.T) {
	if !CanGetFD([]int{os.Getpid()}) {
		t.Skip("pidfd_getfd is forbidden here")
	}
	for name, c := range map[string]struct{ first, never, reports bool }{
		"the first request":            {first: true},
		"it tells its clients itself":  {never: true, reports: true},
		"it does, and nobody has come": {first: true, never: true, reports: true},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEnds(t)
			if !c.first {
				e.ask("GET / HTTP/1.1\r\n\r\n")
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			var last Report
			sent := false
			_ = New(Config{
				Endpoints: []handoff.Endpoint{endpoint(e.srv.LocalAddr().String())},
				Tree:      func() []int { return []int{os.Getpid()} }, CanGetFD: true, Mover: answerer{},
				Next:         func() (bool, bool) { return false, c.never },
				SelfReported: func(int, uint16) bool { return c.reports },
				Waiting: func() int { // called before each look
					if _, held := e.hand().holdable(); sent && !held {
						cancel() // it was let through
					} else if held && !sent {
						sent = true
						if !c.first {
							e.answer(strings.Repeat("answer", 20))
						}
						e.send("GET / HTTP/1.1\r\n\r\n")
					}
					return 0
				},
			}).Run(ctx, func(r Report) { last = r })
			if !errors.Is(ctx.Err(), context.Canceled) || last.Moved+last.Closed > 0 {
				t.Errorf("%+v, %v; want the program to get the request", last, ctx.Err())
			}
		})
	}
}

// A connection in use is moved, but not while its process ends its connections by itself.
func TestProcessEndsItsConnections(t *testing.T) {
	if !CanGetFD([]int{os.Getpid()}) {
		t.Skip("pidfd_getfd is forbidden here")
	}
	e := newEnds(t)
	var leave atomic.Bool
	leave.Store(true)
	cfg := Config{
		Endpoints: []handoff.Endpoint{endpoint(e.srv.LocalAddr().String())},
		Tree:      func() []int { return []int{os.Getpid()} }, CanGetFD: true, Mover: idler{},
		Leave: func(pid int) bool { return pid == os.Getpid() && leave.Load() },
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	d := New(cfg)
	reports := make(chan Report, 1000) // closed behind the last one, when the drain has ended
	go func() {
		defer close(reports)
		_ = d.Run(ctx, func(r Report) { reports <- r })
	}()
	until := func(want func(Report) bool) {
		t.Helper()
		for r := range reports {
			if r.Moved > 0 {
				t.Fatal("the connection was moved")
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
		e.answer(strings.Repeat("answer", 20))
		until(func(r Report) bool { return r.Quiet == 1 })
	}
	leave.Store(false)
	for held := false; !held; {
		_, held = e.hand().holdable()
		time.Sleep(time.Millisecond)
	}
	e.send("GET / HTTP/1.1\r\n\r\n")
	for r := range reports {
		if r.Moved > 0 {
			return
		}
	}
	t.Fatal("the connection was not moved")
}
