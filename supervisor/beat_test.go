package supervisor

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// The beat is the loop's: it keeps its pace while the loop turns, whatever happens,
// and stops while the loop hangs.
func TestBeatIsTheLoops(t *testing.T) {
	const every = 5 * time.Second
	th := &theatre{}
	var beats atomic.Int64
	th.config = func(c *Config) { c.Beat = Beat{Every: every, Do: func() { beats.Add(1) }} }
	th.perform(t, func(t *testing.T, s *Supervisor, _ func() []report.Notice) {
		want := func(n int64) {
			t.Helper()
			synctest.Wait()
			if got := beats.Swap(0); got != n {
				t.Errorf("%d beats, want %d", got, n)
			}
		}
		began := time.Now()
		for range 10 {
			swap(t, s)
			time.Sleep(every + 100*time.Millisecond)
		}
		want(int64(time.Since(began) / every))
		goesOn := make(chan struct{})
		go s.post(func() { <-goesOn })
		time.Sleep(20 * every)
		want(0)
		close(goesOn)
		time.Sleep(every / 2)
		beats.Store(0) // a tick was kept for the loop
		time.Sleep(3 * every)
		want(3)
		_, _ = s.Stop(t.Context())
		time.Sleep(3 * every)
		beats.Store(0) // one may have come before the end
		time.Sleep(3 * every)
		want(0)
	})
}
