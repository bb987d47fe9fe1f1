//go:build linux

package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/drain"
	"github.com/hotswap-dev/hotswap/handoff/intercept"
	"github.com/hotswap-dev/hotswap/handoff/relay"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/internal/load"
	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor"
	"github.com/hotswap-dev/hotswap/supervisor/console"
	"github.com/hotswap-dev/hotswap/supervisor/report"
	"github.com/hotswap-dev/hotswap/supervisor/run"
)

type adapter struct{ *drain.Drain }

func (a adapter) Run(ctx context.Context, reporter func(report.DrainReport)) error {
	return a.Drain.Run(ctx, func(r drain.Report) {
		reporter(report.DrainReport{Connections: r.Busy + r.Quiet, Idle: r.Idle, Retired: r.Retired})
	})
}

// inProcess is a supervisor in this very process, so that its goroutines,
// descriptors and memory can be counted and the race detector sees it.
func inProcess(t *testing.T, command []string, env ...string) *supervisor.Supervisor {
	t.Helper()
	clients := relay.New()
	t.Cleanup(func() { clients.Finish(time.Second) })
	registry := reuseport.NewRegistry(reuseport.SystemKernel{})
	transport, err := intercept.New(registry, reuseport.NewProber(registry).Probe)
	if err != nil {
		t.Fatal(err)
	}
	quiet, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	fd := int(quiet.Fd())
	s := supervisor.New(supervisor.Config{
		Command: command, Env: append(os.Environ(), env...), Console: run.Relayed{Console: console.New(console.Config{In: fd, Input: fd, Out: fd, Err: fd})},
		Registry: registry, Transports: []handoff.Transport{transport}, Policy: supervisor.Policy{DrainTimeout: patience},
		Drainer: func(r run.DrainRequest) run.Drain {
			return adapter{drain.New(drain.Config{
				Endpoints: r.Endpoints, Tree: r.Tree, Waiting: r.Waiting, CanGetFD: true, Mover: clients,
			})}
		},
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { s.Run(ctx); close(done) }()
	t.Cleanup(func() {
		cancel()
		<-done
		_ = registry.Close()
		_ = quiet.Close()
	})
	return s
}

// until waits for a state.
func until(t *testing.T, s *supervisor.Supervisor, what string, ok func(report.Status) bool) {
	t.Helper()
	deadline := time.After(patience)
	for {
		changed := s.Changed()
		if ok(s.Status()) {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("%s does not come: %+v", what, s.Status())
		}
	}
}

// alone is when one generation serves and no other is left.
func alone(st report.Status) bool {
	return st.State == report.PhaseServing && len(st.Generations) == 1
}

type census struct {
	descriptors, goroutines int
	heap                    uint64
}

func count(t *testing.T) census {
	t.Helper()
	runtime.GC()
	runtime.GC()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return census{len(fds), runtime.NumGoroutine(), m.HeapAlloc}
}

// names says what this process's descriptors are.
func names(t *testing.T) (out []string) {
	t.Helper()
	fds, _ := filepath.Glob("/proc/self/fd/*")
	for _, fd := range fds {
		link, _ := os.Readlink(fd)
		out = append(out, filepath.Base(fd)+" "+link)
	}
	return out
}

func TestFiftySwapsInARow(t *testing.T) {
	port := freePort(t)
	program := filepath.Join(t.TempDir(), "server")
	buildGoServer(t, program, 1)
	// A process under the race detector takes a second to end, unless told.
	s := inProcess(t, []string{program}, "ADDR=127.0.0.1:"+port, "GORACE=atexit_sleep_ms=0")
	until(t, s, "the first generation", alone)

	swap := func(n int) {
		for range n {
			r, err := s.Reload(background(t))
			if err != nil || r.Outcome != report.OutcomeServes {
				t.Fatalf("swap: %+v %v", r, err)
			}
		}
		until(t, s, "one generation alone", alone)
	}
	checks := load.ExampleChecks()
	checks.Version = nil // it is the same program each time
	warm := begin(t, sixteen(), checks, "127.0.0.1:"+port)
	swap(5)
	warm.end(t)
	until(t, s, "one generation alone", alone)
	before := count(t)

	tr := begin(t, sixteen(), checks, "127.0.0.1:"+port)
	tr.More(50)
	swap(50)
	tr.end(t)
	// Gates that could not leave safely during the rush leave with the next
	// swap.
	swap(1)
	// What ends last ends a moment after its swap; a leak of one for each swap, which is what is looked for, stays.
	var after census
	testkit.Eventually(t, func() error {
		if after = count(t); after.descriptors <= before.descriptors && after.goroutines <= before.goroutines+5 {
			return nil
		}
		buf := make([]byte, 1<<20)
		return fmt.Errorf("before %+v, after %+v: %v\n%s", before, after, names(t), buf[:runtime.Stack(buf, true)])
	})
	t.Logf("before %+v, after %+v", before, after)
	if after.heap > before.heap+4<<20 {
		t.Errorf("%d KiB of heap more", (after.heap-before.heap)>>10)
	}
}
