package doctor

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff/seccomp"
)

// nextNotification waits at most ten seconds for a notification.
func nextNotification(listener seccomp.Listener) (seccomp.Notification, error) {
	fds := []unix.PollFd{{Fd: int32(listener), Events: unix.POLLIN}}
	for {
		got, err := unix.Poll(fds, 10_000)
		if err == unix.EINTR {
			continue
		}
		if err != nil || got == 0 || fds[0].Revents&unix.POLLIN == 0 {
			return seccomp.Notification{}, fmt.Errorf("the child made no call (poll: %v)", err)
		}
		if n, err := listener.Receive(); err != unix.ENOENT {
			return n, err
		}
	}
}
