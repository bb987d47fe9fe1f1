//go:build !linux

package peercred

import (
	"net"
)

// Belongs trusts every process, because the socket's folder is closed to other users. The
// kernel does not tell which process it is: pid is 0.
func Belongs(*net.UnixConn, func() []int) (pid int, ok bool) { return 0, true }
