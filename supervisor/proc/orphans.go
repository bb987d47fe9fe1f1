package proc

import (
	"context"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/wait"
)

// ReapOrphans reaps dead children that no other code waits for, until ctx ends. Such children fall to process 1 and to
// subreapers, and would stay zombies until a container's process limit is reached.
//
// It never calls wait4(-1). It reaps dead children that are neither keepers nor in our process group, in
// which os/exec starts children.
func ReapOrphans(ctx context.Context) {
	died := make(chan os.Signal, 1)
	signal.Notify(died, syscall.SIGCHLD)
	defer signal.Stop(died)
	for {
		reapOrphans()
		if wait.On(ctx, died) != nil {
			return
		}
	}
}

func reapOrphans() {
	// Locked, so that no keeper is forked and no stray reaped meanwhile.
	keepers.mu.Lock()
	defer keepers.mu.Unlock()
	for _, pid := range Children(os.Getpid()) {
		if keepers.strayLocked(pid) && zombie(pid) {
			_, _ = unix.Wait4(pid, nil, unix.WNOHANG, nil)
		}
	}
}

// BecomeSubreaper makes this process a subreaper, which matters if a keeper is killed. Then children of this process
// that are neither keepers nor in its process group count as the keeper's and are killed. So other code must not start
// children with Setpgid or Setsid, but for [RunApart].
//
// Process 1 also has foreign children, for example from docker exec, and so may a process
// that replaced a shell (exec). Then only children with the marker, NAME=VALUE, in their
// environment count. Every process of a generation has it unless it cleared it.
func BecomeSubreaper(marker string) {
	keepers.mu.Lock()
	if os.Getpid() == 1 || slices.ContainsFunc(Children(os.Getpid()), keepers.strayLocked) {
		keepers.marker = marker
	}
	keepers.mu.Unlock()
	becomeReaper()
}
