//go:build linux

package main

import (
	"os"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

const patience = testkit.Patience

// runtimeDir is where a test's hotswaps are written down, so that they meet no
// others. The path of a socket must be short, which t.TempDir's need not be.
func runtimeDir(t *testing.T) string {
	t.Helper()
	dir := testkit.Must(os.MkdirTemp("", "hs"))(t)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
