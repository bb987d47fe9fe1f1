package procfs

import (
	"errors"
	"os"
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// init is the child that keeps a socket open, hidden if asked to, and ends its
// first thread if asked to.
func init() {
	kind := os.Getenv("PROCFS_TEST_CHILD")
	if kind == "" {
		return
	}
	if kind == "hidden" {
		_ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	}
	wait := func() {
		_, _ = os.Stdout.WriteString("here")
		_, _ = os.Stdin.Read(make([]byte, 1))
	}
	if kind == "threads" {
		testkit.EndFirstThread(wait)
	}
	wait()
	os.Exit(0)
}

// child has a socket of ours as descriptor 3.
func child(t *testing.T, kind string) (pid int, inode uint64, end func()) {
	t.Helper()
	fd := testkit.Must(unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0))(t)
	f := os.NewFile(uintptr(fd), "socket")
	defer f.Close()
	inode = Inode(os.Getpid(), fd)
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), "PROCFS_TEST_CHILD="+kind)
	cmd.ExtraFiles = []*os.File{f}
	in := testkit.Must(cmd.StdinPipe())(t)
	out := testkit.Must(cmd.StdoutPipe())(t)
	testkit.NoError(t, cmd.Start())
	end = func() { in.Close(); _ = cmd.Wait() }
	t.Cleanup(end)
	testkit.Must(out.Read(make([]byte, 4)))(t)
	return cmd.Process.Pid, inode, end
}

func TestSockets(t *testing.T) {
	for _, kind := range []string{"plain", "threads"} {
		pid, inode, end := child(t, kind)
		if inode == 0 {
			t.Fatal("our own socket has no number")
		}
		var at, tid int
		for at == 0 || kind == "threads" && tid == pid { // until its first thread has ended
			testkit.NoError(t, Sockets(pid, func(in, fd int, i uint64) {
				if i == inode {
					tid, at = in, fd
				}
			}))
		}
		if at != 3 || Inode(tid, 3) != inode || Inode(tid, 0) != 0 {
			t.Errorf("%s: descriptor %d of thread %d", kind, at, tid)
		}
		dup, err := Duplicate(pid, tid, at)
		if errors.Is(err, unix.EBADF) && kind == "threads" {
			t.Skip("Linux before 6.9: ", err)
		}
		testkit.NoError(t, err)
		defer unix.Close(dup)
		if Inode(os.Getpid(), dup) != inode {
			t.Errorf("%s: duplicated another one", kind)
		}
		end()
		if err := Sockets(pid, func(int, int, uint64) { t.Errorf("%s: it has ended", kind) }); err != nil {
			t.Errorf("%s: it has ended: %v", kind, err)
		}
	}
}

func TestSocketsOfAHiddenProcess(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may look at all processes")
	}
	pid, _, _ := child(t, "hidden")
	if err := Sockets(pid, func(int, int, uint64) { t.Error("it is seen") }); err == nil {
		t.Error("no error")
	}
}
