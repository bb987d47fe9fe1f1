package proc

import (
	"os"
	"os/exec"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// When the program has been waited for, its number may be another's, and so may its group's.
func TestGroupOfAReapedProgramIsNotSignalled(t *testing.T) {
	cmd, pids := bare(t, nil, []string{"catch"}, "catch") // leads a group
	if (&keeper{program: pids["catch"], reaped: true}).signalGroup(unix.SIGKILL) || !lives(cmd.Process.Pid) {
		t.Error("another's group was signalled")
	}
}

// A handle is on a child, or there is none.
func TestOpenChildIsForChildren(t *testing.T) {
	argv := helper("wait")
	cmd := exec.Command(argv[0], argv[1:]...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
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
