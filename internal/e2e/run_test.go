//go:build linux

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// runFolder returns a project with the package hotswap-dev, and the environment of its commands.
func runFolder(t *testing.T) (dir string, env []string) {
	t.Helper()
	dir = t.TempDir()
	for to, from := range map[string]string{"": "internal/e2e/testdata/run", "node_modules/hotswap-dev": "clients/node"} {
		testkit.NoError(t, os.CopyFS(filepath.Join(dir, to), os.DirFS(filepath.Join(root, from))))
	}
	return dir, []string{"PORT=" + freePort(t), "HOTSWAP_BINARY=" + binary}
}

func TestRun(t *testing.T) {
	t.Parallel()
	dir, env := runFolder(t)
	if code := bare(t, dir, env, "node", "whole.mjs").Wait(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// However the parent of hotswap ends, its output ends soon: no process has it any more.
func TestRunLeavesNothing(t *testing.T) {
	t.Parallel()
	for _, how := range []struct {
		name, arg string
		signal    syscall.Signal
		code      int
	}{
		{name: "exit", arg: "exit", code: 3},
		{name: "SIGKILL", signal: syscall.SIGKILL, code: -1},
		{name: "SIGTERM", signal: syscall.SIGTERM, code: 0},
	} {
		t.Run(how.name, func(t *testing.T) {
			spare(t, how.name == "SIGTERM")
			t.Parallel()
			dir, env := runFolder(t)
			p := bare(t, dir, env, "node", "dev.mjs", how.arg)
			if how.signal != 0 {
				p.Sees("seen: generation 1")
				p.Signal(how.signal)
			}
			if code := p.Wait(); code != how.code {
				t.Errorf("exit code %d, want %d", code, how.code)
			}
		})
	}
}

// At Ctrl-C the terminal is hotswap's and the program's until both have ended.
func TestRunAtTheTerminal(t *testing.T) {
	t.Parallel()
	dir, env := runFolder(t)
	cmd := exec.Command("node", "dev.mjs")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	c := testkit.StartTerminal(t, cmd)
	c.Sees("seen: generation 1")
	c.Type("r")
	c.Sees("seen: generation 2")
	c.Type(testkit.CtrlC)
	c.Sees("generation 2 drained")
	c.Ends(0)
}
