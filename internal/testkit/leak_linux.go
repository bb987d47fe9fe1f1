package testkit

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// NothingLeft calls run so many times, and demands that the process has no descriptor, no goroutine and no child
// that it had not after the first call.
func NothingLeft(t testing.TB, times int, run func(int)) {
	t.Helper()
	run(1) // the runtime's poller and other things come now, and stay
	NoChildren(t)
	before, goroutines := descriptors(), runtime.NumGoroutine()
	for i := range times {
		run(i)
	}
	NoChildren(t)
	Eventually(t, func() error { // a goroutine is counted until a moment after its last word
		if n := runtime.NumGoroutine(); n > goroutines {
			stacks := make([]byte, 1<<16)
			return fmt.Errorf("%d goroutines, were %d:\n%s", n, goroutines, stacks[:runtime.Stack(stacks, true)])
		}
		return nil
	})
	// The garbage collector may have closed some of what was there before, which an earlier test had left to it.
	after := descriptors()
	left := slices.DeleteFunc(slices.Clone(after), func(d string) bool { return slices.Contains(before, d) })
	if len(left) > 0 {
		t.Errorf("left: %q; descriptors before:\n%q\nafter:\n%q", left, before, after)
	}
}

// descriptors returns those of this process, each with what it is.
func descriptors() (all []string) {
	names, _ := filepath.Glob("/proc/self/fd/*")
	for _, name := range names {
		if link, err := os.Readlink(name); err == nil { // not that of the folder
			all = append(all, name+" "+link)
		}
	}
	return all
}

// NoChildren waits until this process has no child: what leads to one is closed before it has been waited for.
func NoChildren(t testing.TB) {
	t.Helper()
	Eventually(t, func() error {
		if err := unix.Waitid(unix.P_ALL, 0, nil, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil); err != unix.ECHILD {
			return fmt.Errorf("a child is left, or nobody has waited for it: %v", err)
		}
		return nil
	})
}
