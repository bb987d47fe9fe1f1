package testkit

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// EndFirstThread ends the first thread of this process, which an init function runs on, and goes on with run on
// another one. The process ends when run returns.
func EndFirstThread(run func()) {
	runtime.LockOSThread()
	go func() {
		run()
		os.Exit(0)
	}()
	_, _, _ = unix.Syscall(unix.SYS_EXIT, 0, 0, 0) // the thread alone, _exit(2)
}

// FirstThreadEnded waits until the first thread of a process has ended.
func FirstThreadEnded(t testing.TB, pid int) {
	t.Helper()
	Eventually(t, func() error {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err == nil && !bytes.Contains(b, []byte(") Z ")) { // of the first thread, proc_pid_stat(5)
			err = fmt.Errorf("the first thread runs: %s", b)
		}
		return err
	})
}
