package proc

import (
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// A program of tsx finds a pipe of its parent's, which hears the program, and is removed with it.
func TestParentHasAPipe(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := testkit.Must(try(t, func(s *Spec) { s.Pipes = dir }, "sh", "-c", "echo $PPID; read x"))(t)
	path := filepath.Join(dir, c.line()+".pipe")
	conn := testkit.Must(net.Dial("unix", path))(t)
	defer conn.Close()
	big := make([]byte, 1<<20) // more than the kernel holds
	_ = conn.SetWriteDeadline(time.Now().Add(patience))
	if _, err := conn.Write(big); err != nil {
		t.Errorf("nobody hears the program: %v", err)
	}
	c.in.Close()
	c.gone()
	if _, err := os.Lstat(path); err == nil {
		t.Errorf("%s is left", path)
	}
}

// The keeper executes this file, and not what its first argument names, in this folder.
func TestPathAndFolderOfTheProgram(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := testkit.Must(try(t, func(s *Spec) { s.Path, s.Dir = "/bin/sh", dir }, "no-such-name", "-c",
		"echo $0; pwd -P"))(t)
	real := testkit.Must(filepath.EvalSymlinks(dir))(t)
	if name, in := c.line(), c.line(); name != "no-such-name" || in != real {
		t.Errorf("%q in %s, want no-such-name in %s", name, in, real)
	}
}
