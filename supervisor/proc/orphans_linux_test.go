package proc

import (
	"context"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// An orphan that falls to us does not stay as a zombie.
func TestOrphansAreReaped(t *testing.T) {
	BecomeSubreaper("")
	defer func() { _ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0) }()
	parent, pids := bare(t, nil, []string{"catch"}, "fork-away", "catch")
	if err := parent.Wait(); err != nil {
		t.Fatal(err)
	}
	orphan := pids["catch"]
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { ReapOrphans(ctx); close(done) }()
	defer func() { cancel(); <-done }()
	if err := unix.Kill(orphan, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		if _, err := os.Stat("/proc/" + strconv.Itoa(orphan)); err != nil {
			break
		}
		if time.Now().After(end) {
			t.Fatal("it stays")
		}
	}
}

// A child that somebody waits for is his; one that nobody has waited for in a
// while is nobody's.
func TestChildrenOfOthersAreNotReaped(t *testing.T) {
	dead := func() *exec.Cmd {
		argv := helper("exit", "3")
		cmd := exec.Command(argv[0], argv[1:]...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if err := unix.Waitid(unix.P_PID, cmd.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil); err != nil {
			t.Fatal(err)
		}
		return cmd
	}
	now := time.Now()
	o := orphans{since: map[int]time.Time{}}
	claimed := dead()
	for _, after := range []time.Duration{0, unclaimedAfter - 1} {
		if more := o.reap(now.Add(after)); !more {
			t.Error("it is not waited for")
		}
	}
	if err := claimed.Wait(); err == nil || claimed.ProcessState.ExitCode() != 3 {
		t.Errorf("its exit was stolen: %v", err)
	}
	unclaimed := dead()
	o.reap(now)
	if more := o.reap(now.Add(unclaimedAfter)); more || zombie(unclaimed.Process.Pid) {
		t.Error("it stays")
	}
	if len(o.since) != 0 {
		t.Errorf("remembered: %v", o.since)
	}
}
