package engine

import (
	"os"
	"path/filepath"
	"testing"
)

// A message that names MainThread would tell nobody which program has the port.
func TestProcessNameOfNode(t *testing.T) {
	const own = "/proc/self/comm"
	before, err := os.ReadFile(own)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.WriteFile(own, before, 0) })
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for comm, want := range map[string]string{"MainThread": filepath.Base(exe), "server": "server"} {
		if err := os.WriteFile(own, []byte(comm), 0); err != nil {
			t.Fatal(err)
		}
		if got := processName(os.Getpid()); got != want {
			t.Errorf("%s: %q, want %q", comm, got, want)
		}
	}
}
