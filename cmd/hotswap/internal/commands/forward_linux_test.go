package commands

import (
	"bufio"
	"os/exec"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// A shell that is about to fork has the signal blocked, for as long as it waits for a
// processor: only a process that catches the signal is meant.
func TestWhoCatchesASignalIsMeant(t *testing.T) {
	runtime.LockOSThread() // and never unlocked: the thread goes with the test
	var set unix.Sigset_t
	set.Val[0] = 1 << (unix.SIGUSR1 - 1)
	testkit.NoError(t, unix.PthreadSigmask(unix.SIG_BLOCK, &set, nil))
	blocks := launch(t, `echo ready; exec cat`)
	testkit.NoError(t, unix.PthreadSigmask(unix.SIG_UNBLOCK, &set, nil))
	catches := launch(t, `trap : USR1; echo ready; read line`)
	if to := addressee([]int{blocks, catches}, unix.SIGUSR1); to.PID != catches {
		t.Errorf("process %d is meant, want %d", to.PID, catches)
	}
	if to := addressee([]int{blocks}, unix.SIGUSR1); to.PID != 0 {
		t.Errorf("process %d is meant, which blocks the signal", to.PID)
	}
	if to := addressee([]int{blocks, catches}, unix.SIGALRM); to.PID != 0 {
		t.Errorf("process %d is meant by what nobody handles", to.PID)
	}
}

// launch runs a shell's script until the test's end, and returns when it is ready.
func launch(t *testing.T, script string) int {
	t.Helper()
	cmd := exec.Command("sh", "-c", script)
	in := testkit.Must(cmd.StdinPipe())(t)
	out := testkit.Must(cmd.StdoutPipe())(t)
	testkit.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	testkit.Must(bufio.NewReader(out).ReadString('\n'))(t)
	return cmd.Process.Pid
}
