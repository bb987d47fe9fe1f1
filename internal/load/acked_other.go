//go:build !linux

package load

import "syscall"

// acked: only Linux says what the other kernel has acknowledged.
func acked(syscall.RawConn) (n uint64, ok bool) { return 0, false }
