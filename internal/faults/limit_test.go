//go:build linux

package faults

import (
	"fmt"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// limitPoints are about a machine that has no more of something.
func limitPoints() []point {
	return []point{
		{step: "each", victim: theBoss, fault: "EMFILE at each descriptor", run: noDescriptors},
	}
}

// noDescriptors lets hotswap have k descriptors more than it has, from none to as
// many as a swap needs: so the limit is met at each of its steps. A swap then
// happens or fails with a line.
func noDescriptors(t *testing.T) *result {
	s := begin(t, setting{args: []string{"--ready-timeout", "10s"}})
	pid := s.h.Cmd.Process.Pid
	var was unix.Rlimit
	testkit.NoError(t, unix.Prlimit(pid, unix.RLIMIT_NOFILE, nil, &was))
	done, failed := 0, 0
	for k := range 16 {
		old := s.settled()
		testkit.NoError(t, unix.Prlimit(pid, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: room(t, pid, k), Max: was.Max}, nil))
		seen := len(s.h.Lines())
		s.swap()
		l := s.h.After(seen, "what became of a swap", func(l e2etest.Line) bool {
			return l.Event == "serving" || l.Event == "failed"
		})
		testkit.NoError(t, unix.Prlimit(pid, unix.RLIMIT_NOFILE, &was, nil))
		switch l.Event {
		case "failed":
			failed++
			if l.Next != "keeps" {
				t.Errorf("%+v", l)
			}
		default:
			done++
			s.h.Drained(old)
		}
	}
	if failed == 0 || done == 0 {
		t.Errorf("%d swaps failed and %d happened: the limit was not met at each step", failed, done)
	}
	return s.endsWell()
}

// room is a limit that leaves a process k free descriptor numbers: it is on
// numbers, not on their count, and the lowest free one is given (open(2)).
func room(t *testing.T, pid, k int) uint64 {
	t.Helper()
	used := map[int]bool{}
	for _, line := range descriptors(t, pid) {
		var fd int
		if _, err := fmt.Sscan(line, &fd); err == nil {
			used[fd] = true
		}
	}
	limit := 0
	for free := 0; ; limit++ {
		if !used[limit] {
			if free == k {
				return uint64(limit)
			}
			free++
		}
	}
}
