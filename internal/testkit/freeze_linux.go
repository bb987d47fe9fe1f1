package testkit

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// Freeze stops a process and waits until each of its threads is stopped.
func Freeze(t testing.TB, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	runs := func() bool {
		stats, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
		if err != nil || len(stats) == 0 {
			t.Fatalf("process %d has gone: %v", pid, err)
		}
		return slices.ContainsFunc(stats, func(name string) bool {
			b, err := os.ReadFile(name)
			_, state, _ := strings.Cut(string(b), ") ")
			return err != nil || !strings.HasPrefix(state, "T") // proc_pid_stat(5)
		})
	}
	Eventually(t, func() error {
		if runs() {
			return fmt.Errorf("process %d does not stop", pid)
		}
		return nil
	})
}
