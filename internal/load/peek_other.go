//go:build !unix

package load

import "syscall"

// peek sees nothing here: the end of an idle connection is found by the next
// request, and counted as a race.
func peek(syscall.RawConn, []byte) (int, error) { return 0, nil }
