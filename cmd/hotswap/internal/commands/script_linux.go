package commands

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// EndWithScript acts as at SIGTERM when the process ends that runs hotswap as a script of
// package.json. npm and pnpm pass SIGTERM to the script's shell alone, which dies of it; hotswap
// would keep the port. With nohup hotswap outlives that process.
func (w *Commands) EndWithScript(ctx context.Context) {
	if os.Getenv("npm_lifecycle_event") == "" || signal.Ignored(syscall.SIGHUP) {
		return
	}
	runner, err := unix.PidfdOpen(os.Getppid(), 0)
	if err != nil {
		return // an old kernel, or a parent in another PID namespace
	}
	go func() { // until hotswap ends: the poll knows no ctx
		for {
			_, err := unix.Poll([]unix.PollFd{{Fd: int32(runner), Events: unix.POLLIN}}, -1)
			if !errors.Is(err, unix.EINTR) {
				break
			}
		}
		w.send(ctx, syscall.SIGTERM)
	}()
}
