package scratch

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// envHolder makes the test binary a hotswap: it makes a folder in what the variable
// names, prints where, and lives until its standard input ends.
const envHolder = "SCRATCH_TEST_HOLDER"

func TestMain(m *testing.M) {
	if in := os.Getenv(envHolder); in != "" {
		dir, err := In(in).Make("x-")
		fmt.Println(filepath.Dir(dir), err)
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// holder is another process that has a folder.
func holder(t *testing.T, in string, clone uintptr) (folder string, kill func()) {
	t.Helper()
	self := testkit.Must(os.Executable())(t)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), envHolder+"="+in, "GORACE=atexit_sleep_ms=0")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: clone}
	stdin, err1 := cmd.StdinPipe()
	stdout, err2 := cmd.StdoutPipe()
	testkit.NoError(t, err1, err2, cmd.Start())
	kill = func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }
	t.Cleanup(func() { stdin.Close(); kill() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	folder, ok := strings.CutSuffix(line, " <nil>\n")
	if err != nil || !ok {
		t.Fatalf("%q, %v", line, err)
	}
	return folder, kill
}

func there(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// A folder is removed when its owner has ended, and not before, whatever number the
// owner has: of a process in another pid namespace, as in a container that shares
// /tmp, nobody here knows the number.
func TestSweep(t *testing.T) {
	namespaces := map[string]uintptr{"the same pid namespace": 0}
	if os.Geteuid() == 0 {
		namespaces["a pid namespace of its own"] = syscall.CLONE_NEWPID
	}
	for where, clone := range namespaces {
		in := t.TempDir()
		folder, kill := holder(t, in, clone)
		In(in)
		if !there(folder) {
			t.Errorf("%s: the folder of a living owner was swept", where)
		}
		kill()
		if !there(folder) {
			t.Errorf("%s: a killed owner has removed its folder", where)
		}
		In(in)
		if there(folder) {
			t.Errorf("%s: the folder of a dead owner is left", where)
		}
	}
}

// Whoever may write to /tmp may make a folder, a file, or a link with such a name.
func TestSweepFollowsNobody(t *testing.T) {
	in, elsewhere := t.TempDir(), t.TempDir()
	open := filepath.Join(in, Prefix+"open")
	file := filepath.Join(elsewhere, "x")
	err := errors.Join(os.WriteFile(file, nil, 0o600), os.Symlink(elsewhere, filepath.Join(in, Prefix+"1")),
		os.WriteFile(filepath.Join(in, Prefix+"2"), nil, 0o600), os.Mkdir(open, 0o700), os.Chmod(open, 0o777))
	testkit.NoError(t, err)
	In(in)
	for _, path := range []string{file, open, filepath.Join(in, Prefix+"1"), filepath.Join(in, Prefix+"2")} {
		if !there(path) {
			t.Errorf("%s was removed", path)
		}
	}
}

func TestFolder(t *testing.T) {
	in := t.TempDir()
	f := In(in)
	if left, _ := os.ReadDir(in); len(left) > 0 {
		t.Errorf("made before it is needed: %v", left)
	}
	one, err1 := f.Make("a-")
	two, err2 := f.Make("a-")
	if err := errors.Join(err1, err2); err != nil || one == two || filepath.Dir(one) != filepath.Dir(two) {
		t.Fatalf("%q, %q, %v", one, two, err)
	}
	want := os.FileMode(0o700)
	if os.Geteuid() == 0 {
		want = 0o711
	}
	if info, err := os.Stat(one); err != nil || info.Mode().Perm() != want {
		t.Errorf("%v, %v", info, err)
	}
	testkit.NoError(t, os.RemoveAll(filepath.Dir(one))) // somebody cleans up
	if again, err := f.Make("a-"); err != nil || !there(again) {
		t.Errorf("%q, %v", again, err)
	}
	f.Close()
	if left, _ := os.ReadDir(in); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// Folders that others could replace hold nothing of ours.
func TestFolderInOnesOfOthers(t *testing.T) {
	in := t.TempDir()
	testkit.NoError(t, os.Chmod(in, 0o777))
	if dir, err := In(in).Make("a-"); err == nil || !strings.Contains(err.Error(), "others may write") ||
		!strings.Contains(err.Error(), "set TMPDIR to a folder of your own") {
		t.Errorf("%q, %v", dir, err)
	}
	t.Setenv("TMPDIR", in)
	if f := New(); f.in != "/tmp" {
		t.Errorf("it is in %s", f.in)
	}
}

// Root's program may have become another user, who is told the path. Nobody else finds it: /proc/net/unix shows paths
// to every user, and a folder of 0711 cannot be listed.
func TestSocket(t *testing.T) {
	var l *net.UnixListener
	dir := testkit.Must(In(t.TempDir()).Socket("s-", "socket", func(path string) (err error) {
		l, err = net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
		return err
	}))(t)
	l.SetUnlinkOnClose(false)
	defer l.Close()
	if shown, err := os.ReadFile("/proc/net/unix"); err != nil || strings.Contains(string(shown), dir) {
		t.Errorf("the folder is shown: %v", err)
	}
	conn := testkit.Must(net.Dial("unix", filepath.Join(dir, "socket")))(t)
	conn.Close()
	folder, err1 := os.Stat(dir)
	above, err2 := os.Stat(filepath.Dir(dir))
	socket, err3 := os.Stat(filepath.Join(dir, "socket"))
	testkit.NoError(t, err1, err2, err3)
	if root := os.Geteuid() == 0; (folder.Mode().Perm() == 0o711) != root || (above.Mode().Perm() == 0o711) != root ||
		root && socket.Mode().Perm() != 0o777 {
		t.Errorf("the folder is %v, below %v, the socket %v", folder.Mode(), above.Mode(), socket.Mode())
	}
}
