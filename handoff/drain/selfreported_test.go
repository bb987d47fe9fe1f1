//go:build linux

package drain

import (
	"context"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
)

// What a process reports itself is not counted here, from when it does so and until it does not any
// more; its port alone is meant.
func TestWhatIsReportedIsNotCounted(t *testing.T) {
	for _, can := range []bool{true, false} {
		e, other := newEnds(t), newEnds(t)
		e.ask("request")
		other.ask("request")
		port := endpoint(e.srv.LocalAddr().String()).Port()
		var reports atomic.Bool
		cfg := Config{
			Endpoints: []handoff.Endpoint{endpoint(e.srv.LocalAddr().String()), endpoint(other.srv.LocalAddr().String())},
			Tree:      func() []int { return []int{os.Getpid()} }, CanGetFD: can,
			SelfReported: func(pid int, p uint16) bool { return pid == os.Getpid() && p == port && reports.Load() },
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		busy := make(chan int, 1000)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_ = New(cfg).Run(ctx, func(r Report) { busy <- r.Busy })
		}()
		for i, want := range []int{2, 1, 2} {
			reports.Store(i == 1)
			for n := -1; n != want; {
				select {
				case n = <-busy:
				case <-ended:
					t.Fatalf("pidfd_getfd %v: ended before %d were busy", can, want)
				}
			}
		}
		cancel()
		<-ended
	}
}

// A process that tells when an answer is whole need not be silent afterwards: a client that asks all the time
// does not keep it. A request that it has not answered does.
func TestAProcessThatTellsOfItsAnswersIsNotWaitedFor(t *testing.T) {
	p := startProgram(t)
	c := dial(t, p.addr)
	asked := make(chan error)
	go func() {
		defer close(asked)
		asked <- get(c, "/slow/300")
		for get(c, "/") == nil {
			time.Sleep(calm / 5)
		}
	}()
	until(t, func() bool { return p.count() == 1 })
	cfg := p.config()
	cfg.SelfReported = func(_ int, port uint16) bool { return port == 0 }
	end := run(t, cfg, 20*time.Second)
	if err := <-asked; err != nil {
		t.Error(err)
	}
	if r, err := end(); err != nil || r.Busy > 0 {
		t.Errorf("%+v, %v; want an end between two requests", r, err)
	}
	_ = c.Close()
	<-asked
}

// reporting drains the connection of a process that reports what is busy: it waits while waits says so.
func reporting(t *testing.T, e *ends, waits func() bool) (d *Drain, reports chan Report) {
	t.Helper()
	if !CanGetFD([]int{os.Getpid()}) {
		t.Skip("pidfd_getfd is forbidden here")
	}
	d = New(Config{
		Endpoints: []handoff.Endpoint{endpoint(e.srv.LocalAddr().String())},
		Tree:      func() []int { return []int{os.Getpid()} }, CanGetFD: true, Mover: idler{},
		SelfReported: func(int, uint16) bool { return true }, Waits: waits,
	})
	reports = make(chan Report, 1000)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	go func() { _ = d.Run(ctx, func(r Report) { reports <- r }) }()
	return d, reports
}

// The next request on a connection moves while the process reports that it is busy. The drain goes on until
// the process has closed what has moved.
func TestReportedConnectionMoves(t *testing.T) {
	e := newEnds(t)
	e.ask("GET / HTTP/1.1\r\n\r\n")
	var waits atomic.Bool
	waits.Store(true)
	_, reports := reporting(t, e, waits.Load)
	until(t, func() bool { _, held := e.hand().holdable(); return held })
	e.answer(strings.Repeat("answer", 20))
	e.send("GET / HTTP/1.1\r\n\r\n")
	for r := range reports {
		if r.Moved == 1 {
			if r.Relayed != 1 || r.Busy+r.Quiet != 0 {
				t.Errorf("%+v", r)
			}
			break
		}
	}
	waits.Store(false)
	time.Sleep(50 * time.Millisecond) // nothing happens: no fact to wait for
	for len(reports) > 0 {
		if r := <-reports; r.Idle {
			t.Fatalf("idle while the process has the connection: %+v", r)
		}
	}
	_ = e.srv.Close()
	for r := range reports {
		if r.Idle {
			break
		}
	}
}

// A connection that goes to another process by itself is let go, and not held again.
func TestExempt(t *testing.T) {
	e := newEnds(t)
	var looks atomic.Int64
	d, _ := reporting(t, e, func() bool { looks.Add(1); return true })
	until(t, func() bool { _, held := e.hand().holdable(); return held })
	d.Exempt(e.fd)
	from := looks.Load()
	until(t, func() bool {
		if _, held := e.hand().holdable(); held {
			t.Fatal("it is held again")
		}
		return looks.Load() > from+20
	})
	if r := d.rights(&conn{cookie: cookieOf(t, e.fd), near: true, hold: true}); r != (rights{}) {
		t.Errorf("%+v", r)
	}
}

func cookieOf(t *testing.T, fd int) uint64 {
	t.Helper()
	cookie, err := unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_COOKIE)
	if err != nil {
		t.Fatal(err)
	}
	return cookie
}
