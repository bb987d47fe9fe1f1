package unixpath

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/internal/thread"
)

// The user leads the path elsewhere while hotswap is about to bind: the user's rights decide there.
func TestBindOfAPathThatLeadsElsewhere(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs another user")
	}
	base := testkit.Must(os.MkdirTemp("", "elsewhere"))(t)
	defer os.RemoveAll(base)
	at := func(name string) string { return filepath.Join(base, name) }
	testkit.NoError(t, os.Chmod(base, 0o755), os.Mkdir(at("run"), 0o755), os.Chown(at("run"), 12345, -1),
		os.Mkdir(at("root"), 0o755))
	e := handoff.Endpoint{Network: "unix", Path: at("run/app.sock")}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	testkit.NoError(t, err)
	defer unix.Close(fd)
	err = in(e, 7, func(d folder) (err error) {
		testkit.NoError(t, os.Rename(at("run"), at("away")), os.Symlink("root", at("run")))
		thread.Own(func() { err = d.bind(fd, &syscall.Credential{Uid: 12345, Gid: 12345}) })
		return err
	})
	if there, _ := os.ReadDir(at("root")); err != unix.EACCES || len(there) > 0 {
		t.Errorf("%v %v", there, err)
	}
}

// Adapters hand connections over by the name, so it is the same for each generation, also for an ordinary user.
func TestHiddenSocketsHaveOneName(t *testing.T) {
	e, names := handoff.Endpoint{Network: "unix", Path: "/run/app.sock"}, map[string]bool{}
	for range 2 {
		fd, file, err := Files{func(p string) (string, error) { return os.MkdirTemp("", p) }}.Hide(e)
		testkit.NoError(t, err)
		defer unix.Close(fd)
		defer unix.Close(file)
		names[testkit.Must(unix.Getsockname(fd))(t).(*unix.SockaddrUnix).Name] = true
	}
	if len(names) > 1 {
		t.Errorf("%v", names)
	}
}
