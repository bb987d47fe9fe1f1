package commands

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// EndWithScript acts as at SIGTERM when the process ends that runs hotswap as a script of
// package.json. npm and pnpm pass SIGTERM to the script's shell alone, which dies of it; hotswap
// would keep the port. With nohup, or in a session of its own, hotswap outlives that process.
func (w *Commands) EndWithScript(ctx context.Context) {
	session, _ := unix.Getsid(0)
	if os.Getenv("npm_lifecycle_event") == "" || signal.Ignored(syscall.SIGHUP) || session == os.Getpid() {
		return
	}
	runner, ok := proc.Identify(os.Getppid())
	if !ok {
		return // a parent in another PID namespace
	}
	go func() {
		runner.Wait(ctx)
		if ctx.Err() == nil {
			w.send(ctx, syscall.SIGTERM)
		}
	}()
}
