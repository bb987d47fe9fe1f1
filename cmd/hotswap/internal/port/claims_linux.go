package port

import (
	"errors"

	"golang.org/x/sys/unix"
)

// Claim claims a port of this network namespace, and reports whether no other hotswap has. If that is unknown, none
// has. The lock of an open file description (fcntl(2)) is had once for all who share the file.
func (c *Claims) Claim(port int) bool {
	if c == nil {
		return true
	}
	var network unix.Stat_t
	_ = unix.Stat("/proc/self/ns/net", &network) // on an error all namespaces are one
	lock := unix.Flock_t{Type: unix.F_WRLCK, Start: int64(network.Ino)<<16 | int64(port), Len: 1}
	err := unix.FcntlFlock(c.file.Fd(), unix.F_OFD_SETLK, &lock)
	return !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EACCES)
}
