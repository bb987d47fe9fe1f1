//go:build linux

package python_test

import (
	"os/exec"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// What hotswap puts into Python does what the programs of testdata expect:
//
//   - Python uses and writes no cache of a file of the project that was read shortly after a save, because the next
//     save of that second would not count.
//   - An ASGI application's event streams and WebSockets end when hotswap says that their process drains.
//   - A listening socket of hotswap's is readable and accepts only while it is the process's turn, and hotswap hears of
//     all that it has to know.
//   - Nothing that was read is missing in a report.
func TestSite(t *testing.T) {
	for _, program := range []string{"bytecode", "asgi", "held", "report"} {
		t.Run(program, func(t *testing.T) {
			out, err := exec.Command(python3(t), "-S", "testdata/"+program+".py", "site",
				testkit.ShortDir(t)).CombinedOutput()
			if err != nil || len(out) > 0 {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
