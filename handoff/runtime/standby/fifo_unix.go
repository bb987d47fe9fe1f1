//go:build unix

package standby

import "syscall"

// makePipe makes a pipe with a name, fifo(7).
func makePipe(path string) error { return syscall.Mkfifo(path, 0o600) }
