//go:build linux

package main

import (
	"os"
	"os/exec"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

const patience = testkit.Patience

// asHotswap is the test binary as hotswap.
func asHotswap(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self := testkit.Must(os.Executable())(t)
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Env = append(os.Environ(), beHotswapEnv+"=1", "XDG_RUNTIME_DIR="+runtimeDir(t))
	cmd.WaitDelay = patience
	return cmd
}

// runtimeDir is where a test's hotswaps are written down, so that they meet no
// others. The path of a socket must be short, which t.TempDir's need not be.
func runtimeDir(t *testing.T) string {
	t.Helper()
	dir := testkit.Must(os.MkdirTemp("", "hs"))(t)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
