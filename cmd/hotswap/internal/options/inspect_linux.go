package options

import (
	"errors"

	"golang.org/x/sys/unix"
)

// mayInspect returns an error unless this process may read the memory of, and duplicate sockets from, processes of other
// users (ptrace(2), access mode checking). Containers give root no such right.
func mayInspect() error {
	var sets [2]unix.CapUserData // capget(2)
	err := unix.Capget(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &sets[0])
	if err != nil || sets[0].Effective&(1<<unix.CAP_SYS_PTRACE) == 0 {
		return errors.New("hotswap may not see what another user's program listens on: docker run --cap-add SYS_PTRACE allows that")
	}
	return nil
}
