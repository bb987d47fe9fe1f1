package reuseport

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
)

// noLinks is a file system on which link(2) fails.
type noLinks struct{ SystemKernel }

func (noLinks) Keep(handoff.Endpoint, uint64, uint64) error { return unix.EPERM }

// A path that only one generation could have is not opened for the program, and nothing is left.
func TestDeclareWithoutLinks(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r := NewRegistry(noLinks{})
	defer r.Close()
	if err := r.Declare(handoff.Endpoint{Network: "unix", Path: filepath.Join(dir, "app.sock")}, 0); !errors.Is(err, ErrUnshared) {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v %v", left, err)
	}
}
