package ending

import (
	"context"
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Wait waits until a process has ended. It reports false if that cannot be seen, or ctx has ended before.
func Wait(ctx context.Context, pid int) bool {
	fd, err := unix.PidfdOpen(pid, 0) // becomes readable when the process ends (pidfd_open(2))
	if errors.Is(err, unix.ESRCH) {
		return true
	}
	if err != nil || unix.SetNonblock(fd, true) != nil { // PIDFD_NONBLOCK needs Linux 5.10
		return false
	}
	f := os.NewFile(uintptr(fd), "pidfd")
	defer f.Close()
	defer context.AfterFunc(ctx, func() { _ = f.Close() })()
	raw, _ := f.SyscallConn() // fails only without a file
	return raw.Read(func(fd uintptr) bool {
		n, _ := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0) // -1: EINTR
		return n == 1
	}) == nil
}
