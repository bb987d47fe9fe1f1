package proc

import "golang.org/x/sys/unix"

// BecomeSubreaper makes this process the one that orphans below it fall to: it
// matters only if a keeper is killed. Then a child of this process that is
// neither a keeper nor in its process group counts as the keeper's, and is
// killed: start none with Setpgid or Setsid.
func BecomeSubreaper() { _ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }
