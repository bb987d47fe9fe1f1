//go:build linux

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// The project is on a mount that somebody else changes below: no event comes, as
// with a network's file system or a host's folder in a virtual machine.
func TestChangesBelowAMountWithoutEvents(t *testing.T) {
	t.Parallel()
	bindfs, err := exec.LookPath("bindfs")
	if err != nil {
		t.Fatalf("bindfs is needed (apt-get install bindfs): %v", err)
	}
	far := project(t, "python")
	here := filepath.Join(t.TempDir(), "here")
	testkit.NoError(t, os.Mkdir(here, 0o755))
	if out, err := exec.Command(bindfs, far, here).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(here, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	h := start(t, options{dir: here, env: []string{"PYTHONDONTWRITEBYTECODE=1"}, command: []string{"python3", "-B", "server.py"}})
	h.Wait("it says that it polls as well", is("watch"))
	h.Serving(1)
	save(t, filepath.Join(far, "version.py"), 2)
	h.Serving(2)
}
