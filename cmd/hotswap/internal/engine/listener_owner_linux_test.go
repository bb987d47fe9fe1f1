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
