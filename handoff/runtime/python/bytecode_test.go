//go:build linux

package python_test

import (
	"os/exec"
	"testing"
)

// Python uses and writes no cache of a file of the project that was read shortly after a save,
// because the next save of that second would not count.
func TestCachesFromBetweenTwoSaves(t *testing.T) {
	out, err := exec.Command(python3(t), "-S", "testdata/bytecode.py", "site", t.TempDir()).CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
}
