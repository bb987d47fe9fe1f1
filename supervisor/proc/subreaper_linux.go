package proc

import "golang.org/x/sys/unix"

// BecomeSubreaper makes this process the one that orphans below it fall to: it
// matters only if a keeper is killed.
func BecomeSubreaper() { _ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }
