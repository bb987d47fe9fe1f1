package supervisor

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// The beat is the loop's: it keeps its pace while the loop turns, whatever happens,
// and stops while the loop hangs.
func TestBeatIsTheLoops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const every = 5 * time.Second
		th := &theatre{}
		var beats atomic.Int64
		var hangs atomic.Bool
		goesOn := make(chan struct{})
		s := New(Config{
			Command: []string{"play"}, Registry: reuseport.NewRegistry(nil), Transports: []handoff.Transport{troupe{th}}, Runner: th, Console: th,
			Policy: Policy{Watching: true}, Beat: Beat{Every: every, Do: func() { beats.Add(1) }},
			Notify: func(report.Notice) {
				if hangs.Load() {
					<-goesOn
				}
			},
		})
		ended := make(chan struct{})
		go func() { s.Run(context.Background()); close(ended) }()
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
		hangs.Store(true)
		go func() { _, _ = s.Reload(t.Context()) }()
		time.Sleep(20 * every)
		want(0)
		hangs.Store(false)
		close(goesOn)
		time.Sleep(every / 2)
		beats.Store(0) // a tick was kept for the loop
		time.Sleep(3 * every)
		want(3)
		_, _ = s.Stop(t.Context())
		<-ended
		time.Sleep(3 * every)
		want(0)
	})
}
