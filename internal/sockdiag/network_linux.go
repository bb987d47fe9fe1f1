package sockdiag

import "golang.org/x/sys/unix"

// IsHere reports whether a socket was made in this process's network namespace, to which a dump is limited. known is false
// before Linux 5.14 (socket(7), SO_NETNS_COOKIE), and if fd is no socket.
func IsHere(fd int) (here, known bool) {
	ours, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return false, false
	}
	defer unix.Close(ours)
	own, err := unix.GetsockoptUint64(ours, unix.SOL_SOCKET, unix.SO_NETNS_COOKIE)
	its, err2 := unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_NETNS_COOKIE)
	return own == its, err == nil && err2 == nil
}
