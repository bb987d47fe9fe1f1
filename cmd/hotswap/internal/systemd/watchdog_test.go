package systemd

import (
	"context"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// The interval is this process's, or is left to nobody; the owner is left to no child.
func TestWatchdogOfThisProcess(t *testing.T) {
	us := strconv.Itoa(os.Getpid())
	for _, c := range []struct {
		usec, pid string
		want      time.Duration
	}{{"3000000", "", 3 * time.Second}, {"3000000", us, 3 * time.Second}, {"3000000", us + "0", 0}, {"", us, 0},
		{"soon", us, 0}, {"-1", "", 0}} {
		t.Setenv("WATCHDOG_USEC", c.usec)
		t.Setenv("WATCHDOG_PID", c.pid)
		if got := watchdog(); got != c.want {
			t.Errorf("%+v is %v", c, got)
		}
		if _, owned := os.LookupEnv("WATCHDOG_PID"); owned ||
			c.want == 0 && strings.HasPrefix(os.Getenv("WATCHDOG_USEC"), "3") {
			t.Errorf("%+v leaves %q", c, os.Environ())
		}
	}
}

func TestWatch(t *testing.T) {
	for byProgram, want := range map[bool][]int{false: {4, 4, 4}, true: {4, 1, 1}} {
		synctest.Test(t, func(t *testing.T) {
			n := &Notifier{queue: make(chan string, 20), watchdog: 10 * time.Second, began: make(chan struct{})}
			var serving atomic.Int64
			turns := make(chan struct{}, 100)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go n.Watch(ctx, func() report.Status {
				select {
				case turns <- struct{}{}: // the loop turns
				case <-ctx.Done():
				}
				return report.Status{Generation: handoff.GenID(serving.Load())}
			}, byProgram)
			expect := func(want int) {
				t.Helper()
				time.Sleep(20*time.Second - time.Millisecond)
				if got := len(n.queue); got != want {
					t.Errorf("by the program %v, generation %d: %d words in two intervals, want %d", byProgram,
						serving.Load(), got, want)
				}
				for len(n.queue) > 0 {
					<-n.queue
				}
			}
			n.Alive("WATCHDOG=1")
			expect(0) // the parent of an upgrade speaks
			close(n.began)
			n.Alive("WATCHDOG=1")
			expect(want[0] + 1)
			serving.Store(1)
			expect(want[1])
			serving.Store(2)
			expect(want[2])
			for len(turns) < cap(turns) {
				turns <- struct{}{} // the loop hangs
			}
			expect(0)
		})
	}
}
