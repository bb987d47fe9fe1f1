package commands

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/wait"
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

// goneAfter is how long the folder of hotswap may be away, as while a tool makes it anew.
const goneAfter = 10 * time.Second

// EndWithFolder acts as at SIGTERM when the folder has been removed for a while, which it says by gone first: what
// serves there is older than any save, and keeps its port. A folder that was renamed, or from which a disk was taken
// away, is there.
func (w *Commands) EndWithFolder(ctx context.Context, dir string, gone func()) {
	for since := time.Now(); wait.For(ctx, goneAfter/2) == nil; {
		_, err := os.Stat(dir)
		var here unix.Stat_t
		own := unix.Stat(".", &here)
		if !errors.Is(err, fs.ErrNotExist) || own == nil && here.Nlink > 0 {
			since = time.Now()
		} else if time.Since(since) > goneAfter {
			gone()
			w.send(ctx, syscall.SIGTERM)
			return
		}
	}
}
