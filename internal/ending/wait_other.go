//go:build !linux

package ending

import (
	"context"
	"errors"

	"golang.org/x/sys/unix"
)

// Wait waits until a process has ended. It reports false if that cannot be seen, or ctx has ended a second before.
//
// Another process may have the number by now. Then Wait waits for that process, which is longer than needed.
func Wait(ctx context.Context, pid int) bool {
	fd, err := Open(pid)
	if err != nil {
		return errors.Is(err, unix.ESRCH)
	}
	defer unix.Close(fd)
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	for ctx.Err() == nil {
		n, err := unix.Poll(fds, 1000)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return false
		}
		if n > 0 {
			return true
		}
	}
	return false
}
