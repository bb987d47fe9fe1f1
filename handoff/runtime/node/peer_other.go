//go:build !linux

package node

import (
	"net"
)

// belongs trusts every process, because the socket's folder is closed to other users. hello
// says which process it is.
func belongs(*net.UnixConn, func() []int) (pid int, ok bool) { return 0, true }
