package ending

import (
	"context"
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Open returns a descriptor of the process that has this ID now, which becomes readable when that process ends
// (pidfd_open(2)). ESRCH: there is none.
func Open(pid int) (fd int, err error) { return unix.PidfdOpen(pid, 0) }

// Wait waits until a process has ended. It reports false if that cannot be seen, or ctx has ended before.
//
// Another process may have the number by now. Then Wait waits for that process, which is longer than needed.
func Wait(ctx context.Context, pid int) bool {
	fd, err := Open(pid)
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
