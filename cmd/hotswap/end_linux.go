package main

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// endWithin is how long a hotswap that says it has stopped may take to leave.
const endWithin = 5 * time.Second

// watchEnd gives a way to wait for a process's end: what it held, its ports
// among it, is free then.
func watchEnd(pid int) (wait func()) {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return func() {} // it is of another pid namespace, or gone
	}
	return func() {
		defer unix.Close(fd)
		deadline := time.Now().Add(endWithin)
		for left := endWithin; left > 0; left = time.Until(deadline) {
			if _, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(left.Milliseconds())); !errors.Is(err, unix.EINTR) {
				return
			}
		}
	}
}
