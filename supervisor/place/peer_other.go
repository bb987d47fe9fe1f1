//go:build !linux

package place

import "net"

// belongs trusts every process, because the socket's folder is closed to other users. Which process it is
// the kernel does not tell.
func belongs(*net.UnixConn, func() []int) (pid int, ok bool) { return 0, true }
