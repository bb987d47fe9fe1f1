package proc

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// The launcher has ended and its server lives. Another process, a stranger, gets the
// launcher's number, which is its process group's too. Whatever the program is sent
// does not reach the stranger. In a pid namespace one can choose who gets a number.
func TestSignalsPassTheNumbersNextOwner(t *testing.T) {
	argv := helper("reuse")
	if os.Geteuid() != 0 {
		t.Skip("a pid namespace, and the choice of numbers in it, take root")
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID | unix.CLONE_NEWNS}
	out := testkit.Must(cmd.StdoutPipe())(t)
	testkit.NoError(t, cmd.Start())
	defer time.AfterFunc(patience, func() { _ = cmd.Process.Kill() }).Stop() // and the namespace with it
	var got []string
	for s := bufio.NewScanner(out); s.Scan(); {
		if strings.HasPrefix(s.Text(), "skip:") {
			t.Skip(s.Text())
		}
		got = append(got, s.Text())
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if want := "stop unharmed, Ctrl-Z unharmed, kill unharmed, handle unharmed"; strings.Join(got, ", ") != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// A handle is on a child, or there is none.
func TestOpenChildIsForChildren(t *testing.T) {
	cmd, in := unkept(t, "wait")
	for _, pid := range []int{0, -1, os.Getpid(), os.Getppid(), 1 << 22} {
		if h, err := OpenChild(pid); err != unix.ESRCH {
			t.Errorf("%d: %+v %v", pid, h, err)
		}
	}
	h, err := OpenChild(cmd.Process.Pid)
	if err != nil || h.PID() != cmd.Process.Pid {
		t.Fatalf("%+v %v", h, err)
	}
	bare := &Handle{pid: h.pid, fd: -1, meant: h.meant} // as where pidfds are forbidden
	if err := bare.Signal(syscall.SIGCONT); err != nil {
		t.Error(err)
	}
	in.Close()
	h.Wait()
	bare.Wait()
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	for _, h := range []*Handle{h, bare} {
		if err := h.Signal(syscall.SIGTERM); err != unix.ESRCH {
			t.Errorf("it has ended: %v", err)
		}
	}
	h.Close()
}
