package instance

import (
	"time"

	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// WatchEnd returns a function that waits for the end of a process. Only then are the
// ports of that process free.
func WatchEnd(pid int) (ended func()) {
	process, err := proc.Open(pid)
	if err != nil {
		return func() {} // the process is gone, or in another PID namespace
	}
	return func() {
		gone := make(chan struct{})
		go func() { process.Wait(); close(gone) }()
		select {
		case <-gone:
		case <-time.After(wait.Answer):
		}
	}
}
