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
	raw, err := f.SyscallConn()
	if err != nil {
		return false
	}
	ended := false
	err = raw.Read(func(fd uintptr) bool {
		fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		n, err := unix.Poll(fds, 0)
		ended = err == nil && n == 1 && fds[0].Revents&unix.POLLIN != 0
		return ended || err != nil && !errors.Is(err, unix.EINTR)
	})
	return err == nil && ended
}
