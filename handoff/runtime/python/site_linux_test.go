//go:build linux

package python_test

import (
	"os/exec"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// Python uses and writes no cache of a file of the project that was read shortly after a save,
// because the next save of that second would not count.
func TestCachesFromBetweenTwoSaves(t *testing.T) {
	out, err := exec.Command(python3(t), "-S", "testdata/bytecode.py", "site", t.TempDir()).CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
}

// An ASGI application's event streams and WebSockets end when hotswap says that their process drains.
func TestASGI(t *testing.T) {
	out, err := exec.Command(python3(t), "testdata/asgi.py", "site", testkit.ShortDir(t)).CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
}

// A listening socket of hotswap's is readable and accepts only while it is the process's turn, and hotswap hears of all that it
// has to know.
func TestHeld(t *testing.T) {
	out, err := exec.Command(python3(t), "testdata/held.py", "site", testkit.ShortDir(t)).CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
}
