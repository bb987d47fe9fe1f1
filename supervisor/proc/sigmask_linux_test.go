package proc

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Ctrl-C and Ctrl-Z in the moment of the fork are hotswap's to handle too.
func TestSignalsToOurGroupReachNoKeeper(t *testing.T) {
	argv := helper("fire-at")
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(patience, func() { // what is stopped in the midst of a fork ends by nothing less
		t.Error("the starts do not end")
		_ = unix.Kill(-cmd.Process.Pid, unix.SIGKILL)
	})
	defer late.Stop()
	if err := cmd.Wait(); err != nil {
		t.Errorf("a start fails: %v", err)
	}
}
