//go:build linux

package e2e

import (
	"slices"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// pidOf asks the program who it is.
func pidOf(t *testing.T, port string) int {
	t.Helper()
	p, err := pinged("127.0.0.1:" + port)
	if err != nil {
		t.Fatal(err)
	}
	return p.Pid
}

// Three times kill -9 of the serving process, with new connections all the
// while: who was being answered in that moment is lost with the process, but
// nobody is refused, and who waited in its queue is answered by the next.
func TestKillNineOfTheServingProcess(t *testing.T) {
	dir, port := project(t, "fleet"), freePort(t)
	h := start(t, options{
		dir: dir, env: []string{"PORT=" + port}, args: []string{"--no-watch"}, command: []string{"node", "node-http.js"},
	})
	h.Serving(1)
	tr := begin(t, []load.Kind{load.FreshGET(16)}, load.ExampleChecks(), "127.0.0.1:"+port)
	tr.answers("1", 30)
	type kill struct{ called, gone time.Duration } // since the load's start
	var kills []kill
	for gen := 2; gen <= 4; gen++ {
		pid := pidOf(t, port)
		fd, err := unix.PidfdOpen(pid, 0)
		if err != nil {
			t.Fatal(err)
		}
		called := tr.c.Snapshot().Elapsed
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		ended(t, map[int]int{pid: fd})
		kills = append(kills, kill{called, tr.c.Snapshot().Elapsed})
		if l := h.Serving(gen); l.Cause != "crash" {
			t.Errorf("generation %d began for %s", gen, l.Cause)
		}
		tr.more(300)
	}
	tr.cancel()
	s := tr.c.Wait()
	t.Logf("%v", s)
	if n := s.Counts[load.Refused]; n > 0 {
		t.Errorf("%d connections refused", n)
	}
	// A connection that was begun after the end of the killed process waits for the
	// next one. Those that the killed one had accepted are lost with it.
	for _, e := range s.Examples {
		begun := e.At - e.ConnAge
		inside := slices.ContainsFunc(kills, func(k kill) bool { return begun <= k.gone && e.At >= k.called })
		if !inside {
			t.Errorf("not in a killed process: %v", e)
		}
	}
	if n := s.Failed(); n > 3*16 || n > uint64(len(s.Examples)) {
		t.Errorf("%d requests failed, %d known", n, len(s.Examples))
	}
	if n := h.Count(func(l line) bool { return l.Event == "crashed" }); n != 3 {
		t.Errorf("%d crashes told", n)
	}
}
