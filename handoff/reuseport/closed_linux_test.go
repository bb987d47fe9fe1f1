package reuseport

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// worker is a process that has a listener of its own at the endpoint, which is a gate
// of generation 1. end ends it.
func worker(t *testing.T, r *Registry, e handoff.Endpoint) (pid, gate int, end func()) {
	t.Helper()
	gate = served(t, r, 1, e)
	passed := testkit.Must(unix.FcntlInt(uintptr(gate), unix.F_DUPFD_CLOEXEC, 0))(t)
	f := os.NewFile(uintptr(passed), "listener")
	defer f.Close()
	pid, end = idle(t, f)
	return pid, gate, end
}

// Of three workers one ends and is not replaced: who waits for it is passed on, and
// nobody is sent to it any more.
func TestWorkerThatEnds(t *testing.T) {
	e := endpoint(t, "127.0.0.1", false)
	r := NewRegistry(kernel)
	t.Cleanup(func() { r.Close() })
	var pids, fds []int
	var ends []func()
	for range 3 {
		pid, fd, end := worker(t, r, e)
		pids, fds, ends = append(pids, pid), append(fds, fd), append(ends, end)
	}
	r.SetProcesses(1, func() ([]int, error) { return pids, nil })
	orphaned := make(chan struct{}, 1)
	go r.WatchClosed(t.Context(), func() {
		select {
		case orphaned <- struct{}{}:
		default:
		}
	})
	for queues(t, fds)[1] == 0 {
		client(t, e)
	}
	ends[1]()
	<-orphaned
	passed := r.AcceptOrphaned(1000)
	for _, s := range passed {
		if s.From != 1 || s.To != 1 {
			t.Errorf("%+v", s)
		}
		_ = unix.Close(s.FD)
	}
	if n := queues(t, fds)[1]; len(passed) == 0 || n != 0 {
		t.Errorf("%d clients passed on, %d wait on", len(passed), n)
	}
	const clients = 60
	if got := dialled(t, e, clients, fds...); got[0] == 0 || got[1] != 0 || got[2] == 0 {
		t.Errorf("of %d clients each worker got %v", clients, got)
	}
}

// A program listens twice and closes the first listener: the probe finds the second.
func TestProbeLeavesAClosedListener(t *testing.T) {
	e := endpoint(t, "127.0.0.1", false)
	r := NewRegistry(kernel)
	t.Cleanup(func() { r.Close() })
	_, _, end := worker(t, r, e)
	pid, second, _ := worker(t, r, e)
	end()
	r.SetProcesses(1, func() ([]int, error) { return []int{pid}, nil })
	probed := make(chan error, 1)
	go func() { probed <- r.Probe(t.Context(), 1, e) }()
	fds := []unix.PollFd{{Fd: int32(second), Events: unix.POLLIN}}
	for {
		if n, err := unix.Poll(fds, int(patience.Milliseconds())); err == unix.EINTR {
			continue
		} else if n == 0 {
			t.Fatal("the probe does not come to the second listener")
		}
		break
	}
	accept(t, second)
	if err := <-probed; err != nil {
		t.Error(err)
	}
}
