package changes

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// mountProcEnv makes TestIsBelow mount the /proc of its pid namespace.
const mountProcEnv = "HOTSWAP_TEST_MOUNT_PROC"

func TestIsBelow(t *testing.T) {
	if os.Getenv(mountProcEnv) != "" {
		if err := errors.Join(unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""), unix.Mount("proc", "/proc", "proc", 0, "")); err != nil {
			t.Fatal(err)
		}
	}
	me, parent := os.Getpid(), os.Getppid()
	if !isBelow(me, parent) && parent > 0 { // 0: it is in another pid namespace
		t.Errorf("%d is not below %d", me, parent)
	}
	for _, c := range []struct{ pid, of int }{{parent, me}, {me, me}, {1 << 30, me}, {1, me}} {
		if isBelow(c.pid, c.of) {
			t.Errorf("%d is below %d", c.pid, c.of)
		}
	}
	child := exec.Command("sleep", "60")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = child.Process.Kill(); _ = child.Wait() }()
	if !isBelow(child.Process.Pid, me) {
		t.Errorf("the child %d is not below %d", child.Process.Pid, me)
	}
}

// In a container hotswap is process 1, and its own installers are below that.
func TestIsBelowProcess1(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("a pid namespace takes root here")
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestIsBelow$")
	cmd.Env = append(os.Environ(), mountProcEnv+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID | unix.CLONE_NEWNS}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
