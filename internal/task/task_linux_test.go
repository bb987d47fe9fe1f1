package task

import (
	"os"
	"runtime"
	"slices"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// A thread may have a name that looks like a state.
func TestState(t *testing.T) {
	runtime.LockOSThread() // which ends with the test, for its name
	pid, tid := os.Getpid(), unix.Gettid()
	if !slices.Contains(IDs(pid), tid) {
		t.Errorf("thread %d is missing: %v", tid, IDs(pid))
	}
	name := []byte(") Z (\x00")
	testkit.NoError(t, unix.Prctl(unix.PR_SET_NAME, uintptr(unsafe.Pointer(&name[0])), 0, 0, 0))
	if got := State(pid, tid); got != 'R' {
		t.Errorf("state %q of a thread that runs", got)
	}
	if got := State(pid, 1<<30); got != 0 {
		t.Errorf("state %q of no thread", got)
	}
}
