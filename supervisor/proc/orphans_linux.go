package proc

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// unclaimedAfter is how long a dead child in our process group may wait for
// whoever started it, through os/exec for example. A waiter takes it at once.
const unclaimedAfter = 5 * time.Second

// ReapOrphans waits for dead children that nobody else waits for, until ctx
// ends: what falls to process 1, to a subreaper whose keeper was killed, or to
// one that a shell with children of its own became. Without it they stay as
// zombies, and a container's process limit is reached one day.
//
// It never waits for any child (wait4(-1)): it looks which are dead and takes
// those that are no keepers and not in our process group. What os/exec starts is
// in our group, so what is there has time to be waited for first.
func ReapOrphans(ctx context.Context) {
	died := make(chan os.Signal, 1)
	signal.Notify(died, syscall.SIGCHLD)
	defer signal.Stop(died)
	o := orphans{since: map[int]time.Time{}}
	var again <-chan time.Time // nil while nobody waits
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
	since map[int]time.Time // when a dead child in our process group was seen first
}

// reap takes the dead that are nobody's; more: some may become so.
func (o orphans) reap(now time.Time) (more bool) {
	// Held, so that no keeper is forked, and no stray waited for, in between.
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

// BecomeSubreaper makes this process the one that orphans below it fall to: it
// matters only if a keeper is killed. Then a child of this process that is
// neither a keeper nor in its process group counts as the keeper's, and is
// killed: start none with Setpgid or Setsid.
//
// Process 1 has foreign children too: whatever docker exec started and left.
// So may have one that a shell became (exec). There a child counts as a keeper's
// only if its environment holds the marker, NAME=VALUE, which every process of
// a generation has, unless it cleared it.
func BecomeSubreaper(marker string) {
	keepers.mu.Lock()
	keepers.marker = marker
	keepers.crowded = keepers.crowded || os.Getpid() == 1 || keepers.foreignLocked()
	keepers.mu.Unlock()
	_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
}
