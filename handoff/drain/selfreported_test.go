//go:build linux

package drain

import (
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"
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

// A connection of which its process has charge is let go, and not looked at again, and taken up when its process has
// not any more.
func TestReportedConnectionIsLeftAlone(t *testing.T) {
	e := newEnds(t)
	var reports atomic.Bool
	var looks atomic.Int64
	cfg := e.config()
	cfg.Mover, cfg.SelfReported = idler{}, func(int, uint16) bool { return reports.Load() }
	cfg.Waiting = func() int { looks.Add(1); return 1 }
	_, all, _ := observed(t, cfg)
	held := func() bool { _, held := e.hand().holdable(); return held }
	until(t, held)
	reports.Store(true)
	until(t, func() bool { return !held() })
	awaited(t, all, func(r Report) bool { return r.Connections == 0 })
	e.send(e.get())
	from := looks.Load()
	until(t, func() bool { return looks.Load() > from+20 })
	e.read()
	e.answer(strings.Repeat("answer", 20))
	reports.Store(false)
	until(t, held)
	e.send(e.get())
	awaited(t, all, moved)
}
