package sockdiag

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Network returns the cookie of this process's network namespace, to whose sockets a dump is limited. It
// fails before Linux 5.14 (socket(7), SO_NETNS_COOKIE).
func Network() (cookie uint64, err error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("socket: %w", err)
	}
	defer unix.Close(fd)
	return NetworkOf(fd)
}

// NetworkOf returns the cookie of the network namespace in which a socket was made.
func NetworkOf(fd int) (cookie uint64, err error) {
	return unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_NETNS_COOKIE)
}
