package sockdiag

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Network is the cookie of our network namespace: a dump has the sockets of
// that one only. Before Linux 5.14 there are no such cookies (socket(7),
// SO_NETNS_COOKIE).
func Network() (cookie uint64, err error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("socket: %w", err)
	}
	defer unix.Close(fd)
	return NetworkOf(fd)
}

// NetworkOf is the cookie of the network namespace that a socket belongs to:
// the one in which it was made, wherever its process is now.
func NetworkOf(fd int) (cookie uint64, err error) {
	return unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_NETNS_COOKIE)
}
