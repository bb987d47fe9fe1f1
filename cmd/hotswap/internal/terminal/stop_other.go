//go:build !linux

package terminal

import (
	"os"

	"golang.org/x/sys/unix"
)

// StopSelf stops this process, and returns when the process continues. It returns at once where the leader of the
// session is of this process's group, or has ended: no shell would continue a stopped process then.
func StopSelf() {
	if leader, err := unix.Getsid(0); err == nil && leader != unix.Getpgrp() && unix.Kill(leader, 0) == nil {
		_ = unix.Kill(os.Getpid(), unix.SIGSTOP)
	}
}
