package main

import (
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// endWithin is how long a hotswap that has reported its stop may take to end.
const endWithin = 5 * time.Second

// watchEnd returns a function that waits for the end of a process. Only then are the
// ports of that process free.
func watchEnd(pid int) (wait func()) {
	process, err := proc.Open(pid)
	if err != nil {
		return func() {} // the process is gone, or in another PID namespace
	}
	return func() {
		ended := make(chan struct{})
		go func() { process.Wait(); close(ended) }()
		select {
		case <-ended:
		case <-time.After(endWithin):
		}
	}
}
