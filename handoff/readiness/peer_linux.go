package readiness

import (
	"errors"
	"fmt"
	"net"
	"slices"

	"golang.org/x/sys/unix"
)

// listensHere returns an error if the listening process is not of the tree. The kernel records the process at
// listen(2) (SO_PEERCRED, unix(7)).
func listensHere(conn *net.UnixConn, tree func() []int) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var cred *unix.Ucred
	var asked error
	err = raw.Control(func(fd uintptr) { cred, asked = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) })
	if err = errors.Join(err, asked); err != nil {
		return err
	}
	if !slices.Contains(tree(), int(cred.Pid)) {
		return fmt.Errorf("process %d, which listens there, is not of this generation", cred.Pid)
	}
	return nil
}

// refused reports whether there is no socket, or its listener is gone.
func refused(err error) bool {
	return errors.Is(err, unix.ECONNREFUSED) || errors.Is(err, unix.ENOENT)
}
