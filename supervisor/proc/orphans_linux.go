package proc

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// unclaimedAfter is the time for other code, such as os/exec, to wait for a dead child
// in our process group.
const unclaimedAfter = 5 * time.Second

// ReapOrphans reaps dead children that no other code waits for, until ctx ends. Such
// children fall to process 1 and to subreapers, and would stay zombies until a
// container's process limit is reached.
//
// It never calls wait4(-1). It reaps dead children that are no keepers and not in our
// process group at once; those in our group, where os/exec starts children, later.
func ReapOrphans(ctx context.Context) {
	died := make(chan os.Signal, 1)
	signal.Notify(died, syscall.SIGCHLD)
	defer signal.Stop(died)
	o := orphans{since: map[int]time.Time{}}
	var again <-chan time.Time // nil while no dead child is in our group
	for {
		if again = nil; o.reap(time.Now()) {
			again = time.After(unclaimedAfter)
		}
		select {
		case <-died:
		case <-again:
		case <-ctx.Done():
			return
		}
	}
}

type orphans struct {
	since map[int]time.Time // when a dead child in our process group was first seen
}

// reap reaps orphans. It reports whether dead children in our process group are left.
func (o orphans) reap(now time.Time) (more bool) {
	// Locked, so that no keeper is forked and no stray reaped meanwhile.
	keepers.mu.Lock()
	defer keepers.mu.Unlock()
	dead := map[int]bool{}
	for _, pid := range kids()(os.Getpid()) {
		if keepers.hasLocked(pid) || !zombie(pid) {
			continue
		}
		if group, err := unix.Getpgid(pid); err == nil && group == unix.Getpgrp() {
			dead[pid] = true
			if first, seen := o.since[pid]; !seen {
				o.since[pid] = now
				continue
			} else if now.Sub(first) < unclaimedAfter {
				continue
			}
		}
		_, _ = unix.Wait4(pid, nil, unix.WNOHANG, nil)
		delete(dead, pid)
	}
	for pid := range o.since {
		if !dead[pid] {
			delete(o.since, pid)
		}
	}
	return len(dead) > 0
}

// BecomeSubreaper makes this process a subreaper, which matters if a keeper is killed.
// Then children of this process that are neither keepers nor in its process group count
// as the keeper's and are killed. So other code must not start children with Setpgid or
// Setsid.
//
// Process 1 also has foreign children, for example from docker exec, and so may a process
// that replaced a shell (exec). Then only children with the marker, NAME=VALUE, in their
// environment count. Every process of a generation has it unless it cleared it.
func BecomeSubreaper(marker string) {
	keepers.mu.Lock()
	keepers.marker = marker
	keepers.foreign = keepers.foreign || os.Getpid() == 1 || keepers.foreignLocked()
	keepers.mu.Unlock()
	_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
}
