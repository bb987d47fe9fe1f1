package proc

import (
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// pipes starts a program whose parent has a pipe, and returns that pipe's path when the program runs.
func pipes(t *testing.T, change func(*Spec)) (*child, string) {
	t.Helper()
	dir := t.TempDir()
	for _, path := range []string{filepath.Dir(dir), dir} { // also for another user
		testkit.NoError(t, os.Chmod(path, 0o777))
	}
	c := testkit.Must(try(t, func(s *Spec) {
		s.Pipes = dir
		change(s)
	}, "sh", "-c", "echo $PPID; read x"))(t)
	return c, filepath.Join(dir, c.line()+".pipe")
}

// A program of tsx finds a pipe of its parent's, which hears the program, and is removed with it.
func TestParentHasAPipe(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*testing.T, *Spec){"": func(*testing.T, *Spec) {}, "for another user": another} {
		t.Run(name, func(t *testing.T) {
			c, path := pipes(t, func(s *Spec) { change(t, s) })
			conn := testkit.Must(net.Dial("unix", path))(t)
			defer conn.Close()
			big := make([]byte, 1<<20) // more than the kernel holds
			_ = conn.SetWriteDeadline(time.Now().Add(patience))
			if _, err := conn.Write(big); err != nil {
				t.Errorf("nobody hears the program: %v", err)
			}
			info := testkit.Must(os.Stat(path))(t)
			uid := uint32(os.Getuid())
			if name != "" {
				uid = 65534
			}
			if got := info.Sys().(*syscall.Stat_t).Uid; got != uid {
				t.Errorf("the pipe is of user %d, not of %d", got, uid)
			}
			c.in.Close()
			c.gone()
			if _, err := os.Lstat(path); err == nil {
				t.Errorf("%s is left", path)
			}
		})
	}
}

// The keeper executes this file, and not what its first argument names, in this folder.
func TestPathAndFolderOfTheProgram(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := testkit.Must(try(t, func(s *Spec) { s.Path, s.Dir = "/bin/sh", dir }, "no-such-name", "-c", "echo $0; pwd -P"))(t)
	real := testkit.Must(filepath.EvalSymlinks(dir))(t)
	if name, in := c.line(), c.line(); name != "no-such-name" || in != real {
		t.Errorf("%q in %s, want no-such-name in %s", name, in, real)
	}
}
