package peercred

import (
	"net"
	"slices"

	"golang.org/x/sys/unix"
)

// Belongs returns the process that has connected (SO_PEERCRED, unix(7)), and reports whether
// it is of the tree.
func Belongs(conn *net.UnixConn, tree func() []int) (pid int, ok bool) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, false
	}
	var cred *unix.Ucred
	var asked error
	err = raw.Control(func(fd uintptr) { cred, asked = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) })
	if err != nil || asked != nil {
		return 0, false
	}
	pid = int(cred.Pid)
	for range 2 { // the tree may miss a process that is being forked
		if slices.Contains(tree(), pid) {
			return pid, true
		}
	}
	return pid, false
}
