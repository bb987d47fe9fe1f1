package control

import (
	"net"

	"golang.org/x/sys/unix"
)

// peer returns the user and the process at the other end (SO_PEERCRED, unix(7)): the
// client of a server, or the process that listens. The process is 0 if it belongs to
// another pid namespace.
func peer(c net.Conn) (uid, pid int, err error) {
	err = withDescriptor(c, func(fd int) error {
		cred, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
		if err == nil {
			uid, pid = int(cred.Uid), int(cred.Pid)
		}
		return err
	})
	return uid, pid, err
}
