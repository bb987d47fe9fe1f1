package proc

import (
	"os"

	"golang.org/x/sys/unix"
)

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
