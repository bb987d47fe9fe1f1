package reuseport

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/sockets"
	"github.com/hotswap-dev/hotswap/handoff/unixpath"
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
	if err := r.Declare(handoff.Endpoint{Network: "unix", Path: filepath.Join(dir, "app.sock")}, 0); !errors.Is(err, ErrUnshared) {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v %v", left, err)
	}
}

// The path of --listen is the program's: its user may connect, also where only root may make files.
func TestDeclareAsAnotherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs another user")
	}
	for owner, mode := range map[int]os.FileMode{12345: 0o700, 0: 0o755} {
		dir, err := os.MkdirTemp("", "declare") // t.TempDir's are 0700 above
		testkit.NoError(t, err)
		defer os.RemoveAll(dir)
		testkit.NoError(t, os.Chmod(dir, mode), os.Chown(dir, owner, owner))
		r, e := NewRegistry(sockets.System{Files: unixpath.Files{As: &syscall.Credential{Uid: 12345, Gid: 54321}}}), handoff.Endpoint{Network: "unix", Path: filepath.Join(dir, "app.sock")}
		defer r.Close()
		testkit.NoError(t, r.Declare(e, 0o640))
		var st unix.Stat_t
		if err := unix.Stat(e.Path, &st); err != nil || st.Uid != 12345 || st.Gid != 54321 || st.Mode&0o777 != 0o640 {
			t.Errorf("%o %d %d %v", st.Mode, st.Uid, st.Gid, err)
		}
		_, fds, err := r.AssignDeclared(1)
		testkit.NoError(t, err)
		sa := testkit.Must(unix.Getsockname(fds[0]))(t)
		if name := sa.(*unix.SockaddrUnix).Name; owner != 0 && !strings.HasPrefix(name, dir) {
			t.Errorf("the program reads the name %s", name)
		}
	}
}
