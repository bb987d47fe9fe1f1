//go:build !linux

package node

import (
	"net"
)

// belongs believes, and leaves it to hello to say who it is: the socket's folder
// is closed to others.
func belongs(*net.UnixConn, func() []int) (pid int, ok bool) { return 0, true }
