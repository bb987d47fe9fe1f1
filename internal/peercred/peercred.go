// Package peercred tells which process has connected to a unix socket, and whether it is of a process tree.
package peercred

import (
	"net"
	"slices"
)

// Of returns the user and the process at the other end of a connection: the client of a server, or the process that
// listens. The process is 0 if the kernel does not name it, for example that of another pid namespace.
func Of(conn *net.UnixConn) (uid, pid int, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, 0, err
	}
	if closed := raw.Control(func(fd uintptr) { uid, pid, err = of(int(fd)) }); closed != nil {
		return 0, 0, closed
	}
	return uid, pid, err
}

// Belongs returns the same, and reports whether the process is of the tree.
func Belongs(conn *net.UnixConn, tree func() []int) (uid, pid int, ok bool) {
	uid, pid, err := Of(conn)
	if err != nil {
		return 0, 0, false
	}
	for range 2 { // the tree may miss a process that is being forked
		if slices.Contains(tree(), pid) {
			return uid, pid, true
		}
	}
	return uid, pid, false
}
