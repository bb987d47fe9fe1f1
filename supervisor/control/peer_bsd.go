//go:build darwin || freebsd

package control

import (
	"errors"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// solLocal is SOL_LOCAL of sys/un.h, the level of LOCAL_PEERCRED (unix(4)).
const solLocal = 0

// peer says which user is at the other end; the process is not told.
func peer(c net.Conn) (uid, pid int, err error) {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return 0, 0, errors.New("not a socket")
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return 0, 0, err
	}
	var cred *unix.Xucred
	if cerr := raw.Control(func(fd uintptr) {
		cred, err = unix.GetsockoptXucred(int(fd), solLocal, unix.LOCAL_PEERCRED)
	}); cerr != nil {
		return 0, 0, cerr
	}
	if err != nil {
		return 0, 0, err
	}
	return int(cred.Uid), 0, nil
}
