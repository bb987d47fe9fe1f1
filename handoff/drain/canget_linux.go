package drain

import "golang.org/x/sys/unix"

// CanGetFD says whether pidfd_getfd(2) works on one of these processes, by
// trying: container profiles and ptrace restrictions forbid it. True where
// none of them is left to try.
func CanGetFD(pids []int) bool {
	for _, pid := range pids {
		pidfd, err := unix.PidfdOpen(pid, 0)
		if err != nil {
			continue
		}
		// Standard error; a program that closed it (EBADF) could be asked.
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
