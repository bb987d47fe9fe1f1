package main

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// endWithin is how long a hotswap that has reported its stop may take to end.
const endWithin = 5 * time.Second

// watchEnd returns a function that waits for the end of a process. Only then are the
// ports of that process free.
func watchEnd(pid int) (wait func()) {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return func() {} // the process is gone, or in another PID namespace
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
