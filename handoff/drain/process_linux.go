package drain

import (
	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
)

// CanGetFD tries whether pidfd_getfd(2) works on one of these processes: container profiles and ptrace
// restrictions forbid the call. CanGetFD returns true if no process is left to try.
func CanGetFD(pids []int) bool {
	for _, pid := range pids {
		pidfd, err := unix.PidfdOpen(pid, 0)
		if err != nil {
			continue
		}
		// Standard error. EBADF says that the program closed it, but that the call is allowed.
		fd, err := unix.PidfdGetfd(pidfd, 2, 0)
		_ = unix.Close(pidfd)
		if err == nil {
			_ = unix.Close(fd)
			return true
		}
		if err == unix.EPERM || err == unix.EACCES || err == unix.ENOSYS {
			return false
		}
	}
	return true
}

// Cut ends all connections of the processes at these endpoints at once, and returns how many. It is for debuggers,
// which reconnect. Where pidfd_getfd is forbidden, Cut ends none.
func Cut(tree []int, at []handoff.Endpoint) (n int) {
	o := newPidfdObserver(at)
	defer o.close()
	conns := map[uint64]*conn{}
	o.discover(tree, conns)
	o.look(conns, func(_ *conn, _ sample, h *control) {
		if h != nil && h.end() {
			n++
		}
	})
	return n
}
