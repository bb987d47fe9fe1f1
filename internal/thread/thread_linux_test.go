package thread

import (
	"errors"
	"math"
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// setfsuid(2) succeeds always: also with a user that the kernel refuses, which is no reason to go on as root.
func TestBecomeNobodyThatIs(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root may become another user")
	}
	Own(func() {
		if err := Become(&syscall.Credential{Uid: math.MaxUint32}); !errors.Is(err, unix.EPERM) {
			t.Errorf("%v", err)
		}
		if err := Become(&syscall.Credential{Uid: 65534}); err != nil {
			t.Error(err)
		}
	})
}
