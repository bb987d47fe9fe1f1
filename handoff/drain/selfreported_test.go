//go:build linux

package drain

import (
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
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
		cfg := e.config()
		cfg.Endpoints = append(cfg.Endpoints, endpoint(other.srv.LocalAddr().String()))
		cfg.CanGetFD, cfg.SelfReported = can, func(pid int, p uint16) bool { return pid == os.Getpid() && p == port && reports.Load() }
		_, all, end := observed(t, cfg)
		for i, want := range []int{2, 1, 2} {
			reports.Store(i == 1)
			awaited(t, all, func(r Report) bool { return r.Busy == want })
		}
		end()
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

// reporting is the config of a drain of a process that reports what is busy: it waits while waits says so.
func (e *ends) reporting(waits func() bool) Config {
	cfg := e.config()
	cfg.Mover, cfg.SelfReported, cfg.Waits = idler{}, func(int, uint16) bool { return true }, waits
	return cfg
}

// The next request on a connection moves while the process reports that it is busy. The drain goes on until
// the process has closed what has moved.
func TestReportedConnectionMoves(t *testing.T) {
	e := newEnds(t)
	e.ask("GET / HTTP/1.1\r\n\r\n")
	var waits atomic.Bool
	waits.Store(true)
	_, reports, _ := observed(t, e.reporting(waits.Load))
	until(t, func() bool { _, held := e.hand().holdable(); return held })
	e.answer(strings.Repeat("answer", 20))
	e.send("GET / HTTP/1.1\r\n\r\n")
	if r := awaited(t, reports, moved); r.Relayed != 1 || r.Busy+r.Quiet != 0 {
		t.Errorf("%+v", r)
	}
	waits.Store(false)
	time.Sleep(50 * time.Millisecond) // nothing happens: no fact to wait for
	for len(reports) > 0 {
		if r := <-reports; r.Idle {
			t.Fatalf("idle while the process has the connection: %+v", r)
		}
	}
	_ = e.srv.Close()
	awaited(t, reports, idle)
}

// A connection that goes to another process by itself is let go, and not held again.
func TestExempt(t *testing.T) {
	e := newEnds(t)
	var looks atomic.Int64
	d, _, _ := observed(t, e.reporting(func() bool { looks.Add(1); return true }))
	until(t, func() bool { _, held := e.hand().holdable(); return held })
	d.Exempt(e.fd)
	from := looks.Load()
	until(t, func() bool {
		if _, held := e.hand().holdable(); held {
			t.Fatal("it is held again")
		}
		return looks.Load() > from+20
	})
	cookie, err := unix.GetsockoptUint64(e.fd, unix.SOL_SOCKET, unix.SO_COOKIE)
	if r := d.rights(&conn{cookie: cookie, near: true, hold: true}); r != (rights{}) || err != nil {
		t.Errorf("%+v, %v", r, err)
	}
}
