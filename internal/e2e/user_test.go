//go:build linux

package e2e

import (
	"os"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// openFolder returns a folder that every user may read. t.TempDir is its owner's alone.
func openFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "hotswap-e2e")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	testkit.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// forbiddenGetfd runs hotswap with pidfd_getfd forbidden.
func forbiddenGetfd(t *testing.T) options {
	t.Helper()
	self := testkit.Must(os.Executable())(t)
	return options{binary: self, wrap: []string{binary}, env: []string{forbidEnv + "=1"}}
}

const nobody = 65534
