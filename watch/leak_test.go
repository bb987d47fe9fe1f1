package watch

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/watch/rules"
)

func TestNothingIsLeftAfterRun(t *testing.T) {
	dir := t.TempDir()
	for i := range 2000 {
		write(t, "x", dir, fmt.Sprint("d", i%50), fmt.Sprint(i, ".ts"))
	}
	descriptors := func() string {
		var open []string
		entries, _ := os.ReadDir("/proc/self/fd")
		for _, e := range entries {
			target, _ := os.Readlink("/proc/self/fd/" + e.Name())
			open = append(open, target)
		}
		return strings.Join(open, "\n")
	}
	once := func(poll bool, wait bool) {
		cfg := Config{Rules: rules.Config{Root: dir}}
		if poll {
			cfg.open = func() (source, error) { return nil, &LimitError{Limit: "none"} }
		}
		w, err := New(cfg)
		must(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- w.Run(ctx) }()
		if wait {
			<-w.Ready()
		}
		cancel()
		must(t, <-ended)
	}
	once(false, true) // the runtime's own poller opens descriptors once
	fds, goroutines := descriptors(), runtime.NumGoroutine()
	for i := range 12 {
		once(i%2 == 0, i%3 == 0)
	}
	// A goroutine that has reported its end is still counted for a moment.
	for deadline := time.Now().Add(patience); runtime.NumGoroutine() > goroutines && time.Now().Before(deadline); {
		runtime.Gosched()
	}
	if n := runtime.NumGoroutine(); n > goroutines {
		stacks := make([]byte, 1<<20)
		t.Errorf("%d goroutines, %d before:\n%s", n, goroutines, stacks[:runtime.Stack(stacks, true)])
	}
	if now := descriptors(); strings.Count(now, "\n") > strings.Count(fds, "\n") {
		t.Errorf("descriptors now:\n%s\nbefore:\n%s", now, fds)
	}
}
