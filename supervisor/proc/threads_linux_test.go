package proc

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// The helper thread-ends lives on without its first thread until its input ends.
func init() {
	if len(os.Args) > 1 && os.Args[1] == "helper:thread-ends" {
		testkit.EndFirstThread(func() { _, _ = os.Stdin.Read(make([]byte, 1)) })
	}
}

// A process whose first thread has ended is in state Z as a zombie is, and lives.
func TestFirstThreadHasEnded(t *testing.T) {
	cmd, in := unkept(t, "thread-ends")
	defer func() { in.Close(); _ = cmd.Wait() }()
	pid := cmd.Process.Pid
	testkit.FirstThreadEnded(t, pid)
	id, ok := Identify(pid)
	if !ok || !id.Alive() || !lives(pid) {
		t.Error("it counts as dead while its threads run")
	}
	if zombie(pid) {
		t.Error("it is taken for one to be waited for while its threads run")
	}
	in.Close()
	testkit.NoError(t, unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)) // a zombie from now on
	if _, ok := Identify(pid); ok || id.Alive() || lives(pid) {
		t.Error("a zombie counts as alive")
	}
	if !zombie(pid) {
		t.Error("nobody waits for a zombie")
	}
}
