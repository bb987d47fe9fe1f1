//go:build darwin || freebsd

package control

import (
	"net"

	"golang.org/x/sys/unix"
)

// solLocal is SOL_LOCAL of sys/un.h, the level of LOCAL_PEERCRED (unix(4)).
const solLocal = 0

// peer returns the user at the other end; the process is not known.
func peer(c net.Conn) (uid, pid int, err error) {
	err = withDescriptor(c, func(fd int) error {
		cred, err := unix.GetsockoptXucred(fd, solLocal, unix.LOCAL_PEERCRED)
		if err == nil {
			uid = int(cred.Uid)
		}
		return err
	})
	return uid, 0, err
}
