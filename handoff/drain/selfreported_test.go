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

// Of what a process tells itself nothing is seen here, from when it does so and
// until it does not any more; its port alone is meant.
func TestWhatIsToldIsNotWatched(t *testing.T) {
	for _, can := range []bool{true, false} {
		e, other := newEnds(t), newEnds(t)
		e.ask("request")
		other.ask("request")
		port := endpoint(e.srv.LocalAddr().String()).Port()
		var tells atomic.Bool
		cfg := Config{
			Endpoints: []handoff.Endpoint{endpoint(e.srv.LocalAddr().String()), endpoint(other.srv.LocalAddr().String())},
			Tree:      func() []int { return []int{os.Getpid()} }, CanGetFD: can,
			SelfReported: func(pid int, p uint16) bool { return pid == os.Getpid() && p == port && tells.Load() },
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		busy := make(chan int, 1000)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_, _ = New(cfg).Run(ctx, func(r Report) { busy <- r.Busy })
		}()
		for i, want := range []int{2, 1, 2} {
			tells.Store(i == 1)
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
	_, end := run(t, cfg, 20*time.Second)
	if err := <-asked; err != nil {
		t.Error(err)
	}
	if r, err := end(); err != nil || r.Busy > 0 {
		t.Errorf("%+v, %v; want an end between two requests", r, err)
	}
	_ = c.Close()
	<-asked
}
