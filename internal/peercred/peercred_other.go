//go:build !linux

package peercred

import (
	"net"
	"os"
)

// Of takes the other end for this user, because the socket or its folder is closed to other users. The process is
// not known.
func Of(*net.UnixConn) (uid, pid int, err error) { return os.Geteuid(), 0, nil }

// Belongs trusts every process, for the same reason.
func Belongs(*net.UnixConn, func() []int) (pid int, ok bool) { return 0, true }
