//go:build linux

package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/load"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// twoSwaps is a static Go binary under the full load, swapped by SIGHUP.
func twoSwaps(t *testing.T, o options, kinds []load.Kind) *hotswap {
	t.Helper()
	dir := openFolder(t)
	program := filepath.Join(dir, "server")
	buildGoServer(t, program, 1)
	o.dir, o.args, o.command = dir, append(o.args, "--no-watch"), []string{program, "-addr", "127.0.0.1:$PORT"}
	return swapBySignal(t, o, kinds, func(v int) { buildGoServer(t, program, v) })
}

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

// With pidfd_getfd forbidden, sockets are injected: hotswap says so, and no client of a new connection loses a
// request. Nobody can end kept connections of a program without an adapter.
func TestPidfdGetfdForbidden(t *testing.T) {
	t.Parallel()
	h := twoSwaps(t, forbiddenGetfd(t), []load.Kind{load.FreshGET(4), load.FreshPOST(2), load.SlowFresh(2, slow)})
	if n := h.Count(is("sockets-injected")); n == 0 {
		t.Error("the fallback was not told")
	}
	if n := h.Count(func(l line) bool { return l.Event == "drained" && l.Busy }); n > 0 {
		t.Errorf("%d generations were stopped while they were busy", n)
	}
}

// forbiddenGetfd runs hotswap with pidfd_getfd forbidden.
func forbiddenGetfd(t *testing.T) options {
	t.Helper()
	self := testkit.Must(os.Executable())(t)
	return options{binary: self, wrap: []string{binary}, env: []string{forbidEnv + "=1"}}
}

const nobody = 65534
