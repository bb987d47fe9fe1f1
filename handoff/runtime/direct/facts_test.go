package direct

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/procfs"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// What wrappers leave in a process that they become is seen there.
func TestWhatProcessesHave(t *testing.T) {
	in, end, err := os.Pipe()
	testkit.NoError(t, err)
	runs := func(command string) string {
		t.Helper()
		cmd := exec.Command("sh", "-c", command)
		cmd.Stdin = in
		testkit.NoError(t, cmd.Start())
		t.Cleanup(func() { _ = cmd.Wait() })
		testkit.Eventually(t, func() error {
			if exe := procfs.Of(cmd.Process.Pid).Exe(); filepath.Base(exe) != "cat" {
				return fmt.Errorf("it runs %s", exe)
			}
			return nil
		})
		return testkit.Must(readFacts(cmd.Process.Pid))(t)
	}
	defer end.Close()
	plain := runs("exec cat")
	if has := runs("exec cat"); has != plain {
		t.Errorf("%q, want %q", has, plain)
	}
	for _, command := range []string{"umask 055; exec cat", "exec cat 2>&0"} {
		if runs(command) == plain {
			t.Errorf("%s: the same", command)
		}
	}
}
