package reuseport

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/sockets"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// noLinks is a file system on which link(2) fails.
type noLinks struct{ sockets.System }

func (noLinks) Keep(handoff.Endpoint, uint64, uint64) error { return unix.EPERM }

// A path that only one generation could have is not opened for the program, and nothing is left.
func TestDeclareWithoutLinks(t *testing.T) {
	dir := testkit.Must(filepath.EvalSymlinks(t.TempDir()))(t)
	r := NewRegistry(noLinks{})
	defer r.Close()
	err := r.Declare(handoff.Endpoint{Network: "unix", Path: filepath.Join(dir, "app.sock")}, 0)
	if !errors.Is(err, ErrUnshared) {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v %v", left, err)
	}
}

// The path goes with the last gate, also if that is not the one to which the path led.
func TestThePathGoesWithTheLastGate(t *testing.T) {
	dir := testkit.Must(filepath.EvalSymlinks(t.TempDir()))(t)
	r, e := NewRegistry(sockets.System{}), handoff.Endpoint{Network: "unix", Path: filepath.Join(dir, "app.sock")}
	old := testkit.Must(r.openListeningLocked(1, e, 0))(t)
	fresh := testkit.Must(r.openListeningLocked(2, e, 0))(t)
	testkit.NoError(t, r.steerToLocked(old.group, []*Gate{fresh}))
	r.dropLocked(fresh)
	r.dropLocked(old)
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Error(left, err)
	}
}
