package proc

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// A program that has run, and one that fails after the filter was installed.
func TestStartsLeaveNothingBehind(t *testing.T) {
	filter := func(s *Spec) { s.Filter = allowAll() }
	testkit.NothingLeft(t, 10, func(int) {
		t.Run("", func(t *testing.T) {
			c := start(t, filter, "exit", "0")
			fd := testkit.Must(c.Listener())(t)
			if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
				t.Errorf("the listener would be inherited: %v", err)
			}
			_ = unix.Close(fd)
			c.gone()
			if _, err := try(t, filter, program(t, "a text\n", 0o755)); err == nil {
				t.Error("a text was executed")
			}
		})
	})
}
