package instance

import (
	"context"

	"github.com/hotswap-dev/hotswap/internal/wait"
	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// WatchEnd returns a function that waits for the end of a process. Only then are the
// ports of that process free.
func WatchEnd(pid int) (ended func()) {
	process, _ := proc.Identify(pid) // none: the process is gone, or in another PID namespace
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), wait.Answer)
		defer cancel()
		process.Wait(ctx)
	}
}
