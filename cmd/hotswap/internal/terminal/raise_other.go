//go:build !linux

package terminal

import (
	"os"

	"golang.org/x/sys/unix"
)

// StopSelf stops this process; it returns when it goes on.
func StopSelf() { _ = unix.Kill(os.Getpid(), unix.SIGSTOP) }
