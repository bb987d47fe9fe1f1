package control

import (
	"errors"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// peer says who is at the other end: at a connection's accepting end the user
// and process that connected, at its other end those that listen (SO_PEERCRED,
// unix(7)). A process of another pid namespace is 0.
func peer(c net.Conn) (uid, pid int, err error) {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return 0, 0, errors.New("not a socket")
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return 0, 0, err
	}
	var cred *unix.Ucred
	if cerr := raw.Control(func(fd uintptr) {
		cred, err = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); cerr != nil {
		return 0, 0, cerr
	}
	if err != nil {
		return 0, 0, err
	}
	return int(cred.Uid), int(cred.Pid), nil
}
