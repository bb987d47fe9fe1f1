package peercred

import (
	"net"
	"slices"

	"golang.org/x/sys/unix"
)

// Of returns the user and the process at the other end of a connection (SO_PEERCRED, unix(7)): the client of a
// server, or the process that listens. The process is 0 if it belongs to another pid namespace.
func Of(conn *net.UnixConn) (uid, pid int, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, 0, err
	}
	var cred *unix.Ucred
	var asked error
	err = raw.Control(func(fd uintptr) { cred, asked = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) })
	if err == nil {
		err = asked
	}
	if err != nil {
		return 0, 0, err
	}
	return int(cred.Uid), int(cred.Pid), nil
}

// Belongs returns the process that has connected, and reports whether it is of the tree.
func Belongs(conn *net.UnixConn, tree func() []int) (pid int, ok bool) {
	_, pid, err := Of(conn)
	if err != nil {
		return 0, false
	}
	for range 2 { // the tree may miss a process that is being forked
		if slices.Contains(tree(), pid) {
			return pid, true
		}
	}
	return pid, false
}
