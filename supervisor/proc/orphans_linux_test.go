package proc

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// An orphan that falls to us does not stay as a zombie.
func TestOrphansAreReaped(t *testing.T) {
	BecomeSubreaper("")
	defer func() { _ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0) }()
	parent, pids := bare(t, nil, []string{"catch"}, "fork-away", "catch")
	testkit.NoError(t, parent.Wait())
	orphan := pids["catch"]
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { ReapOrphans(ctx); close(done) }()
	defer func() { cancel(); <-done }()
	testkit.NoError(t, unix.Kill(orphan, unix.SIGKILL))
	testkit.Eventually(t, func() error {
		if _, err := os.Stat("/proc/" + strconv.Itoa(orphan)); err == nil {
			return errors.New("it stays")
		}
		return nil
	})
}

// A child in our process group is somebody's who waits for it, and so is one of RunApart.
func TestChildrenOfOthersAreNotReaped(t *testing.T) {
	for i := range 2 {
		argv, start := helper("exit", "3"), (*exec.Cmd).Start
		cmd := exec.Command(argv[0], argv[1:]...)
		if i == 1 {
			start = keepers.start
			cmd.SysProcAttr = &unix.SysProcAttr{Setpgid: true}
		}
		testkit.NoError(t, start(cmd))
		testkit.NoError(t, unix.Waitid(unix.P_PID, cmd.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil))
		reapOrphans()
		if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != 3 {
			t.Errorf("its exit was stolen: %v", err)
		}
	}
}
