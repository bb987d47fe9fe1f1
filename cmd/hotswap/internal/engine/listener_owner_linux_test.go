package engine

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// A message that names MainThread would tell nobody which program has the port.
func TestProcessNameOfNode(t *testing.T) {
	const own = "/proc/self/comm"
	before := testkit.Must(os.ReadFile(own))(t)
	t.Cleanup(func() { os.WriteFile(own, before, 0) })
	exe := testkit.Must(os.Executable())(t)
	for comm, want := range map[string]string{"MainThread": filepath.Base(exe), "server": "server"} {
		testkit.NoError(t, os.WriteFile(own, []byte(comm), 0))
		if got := processName(os.Getpid()); got != want {
			t.Errorf("%s: %q, want %q", comm, got, want)
		}
	}
}

// Processes' numbers begin anew at some time, so that a child may have the smaller one.
func TestTheOldestProcessIsNamed(t *testing.T) {
	parent := os.Getppid() // go test
	for _, pids := range [][]int{{os.Getpid(), parent}, {parent, os.Getpid()}, {-1, parent}} {
		if got := oldest(pids); got != parent {
			t.Errorf("of %v: %d, want %d", pids, got, parent)
		}
	}
}
