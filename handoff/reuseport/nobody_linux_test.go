package reuseport

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// TestAsNobody runs the whole suite once more without privileges.
func TestAsNobody(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("the suite runs without privileges already")
	}
	cmd := exec.Command("/proc/self/exe", "-test.count=1", "-test.skip=^(TestAsNobody|TestProgram.*)$") // a program is computed, whoever asks
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	cmd.Dir = "/"
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
