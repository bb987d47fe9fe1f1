//go:build !linux

package terminal

import (
	"os"

	"golang.org/x/sys/unix"
)

// StopSelf stops this process, and returns when the process continues.
func StopSelf() { _ = unix.Kill(os.Getpid(), unix.SIGSTOP) }
