package testkit

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// AsNobody runs the tests of this binary whose names match a pattern once more, without privileges. The pattern does
// not match the caller.
func AsNobody(t *testing.T, tests string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("the tests run without privileges already")
	}
	cmd := exec.Command("/proc/self/exe", "-test.count=1", "-test.run="+tests) // its path may be one that the user cannot enter
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	cmd.Dir, cmd.WaitDelay = "/", Patience // should a stray have its output
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
