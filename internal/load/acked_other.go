//go:build !linux

package load

import "syscall"

// acked is not available here; a race is recognized by time alone.
func acked(syscall.RawConn) (uint64, bool) { return 0, false }
