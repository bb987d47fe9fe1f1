package proc

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// ours are our descriptors, each with what it is.
func ours(t *testing.T) []string {
	t.Helper()
	var out []string
	for fd, d := range descriptors(t, os.Getpid()) {
		out = append(out, fmt.Sprint(fd, " ", d.link))
	}
	slices.Sort(out)
	return out
}

// startAndFail starts a program, and one that fails after the filter was
// installed.
func startAndFail(t *testing.T) {
	t.Helper()
	filter := func(s *Spec) { s.Filter = allowAll() }
	t.Run("", func(t *testing.T) {
		c := start(t, filter, "exit", "0")
		fd, err := c.Listener()
		if err != nil {
			t.Fatal(err)
		}
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
			t.Errorf("the listener would be inherited: %v", err)
		}
		_ = unix.Close(fd)
		c.gone()
		if _, err := try(t, filter, program(t, "a text\n", 0o755)); err == nil {
			t.Error("a text was executed")
		}
	})
}

func TestStartsLeaveNothingBehind(t *testing.T) {
	startAndFail(t) // the poller and other things come now and stay
	keepersWaitedFor(t)
	before, goroutines := ours(t), runtime.NumGoroutine()
	for range 50 {
		startAndFail(t)
	}
	for deadline := time.Now().Add(patience); runtime.NumGoroutine() > goroutines; runtime.Gosched() {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<16)
			t.Fatalf("%d goroutines, were %d:\n%s", runtime.NumGoroutine(), goroutines, stacks[:runtime.Stack(stacks, true)])
		}
	}
	keepersWaitedFor(t)
	// What was there before may have gone: a descriptor of an earlier test that the
	// garbage collector closes.
	after := ours(t)
	if left := slices.DeleteFunc(slices.Clone(after), func(d string) bool { return slices.Contains(before, d) }); len(left) > 0 {
		t.Errorf("left: %q; descriptors before:\n%q\nafter:\n%q", left, before, after)
	}
}

// keepersWaitedFor returns when no child is left: what led to it is closed before.
func keepersWaitedFor(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		left := Descendants(os.Getpid())
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("children left, or not waited for: %v", left)
		}
	}
}
