package watch

import (
	"errors"

	"github.com/fsnotify/fsnotify"
	"golang.org/x/sys/unix"
)

// kqueue(2) watches descriptors: one of each folder, and one of each file in it.
const instanceLimit, watchLimit = "ulimit -n", "ulimit -n"

func isWatchLimit(err error) bool { return errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE) }

// silentRemoval: kqueue(2) reports at once that a folder is removed.
const silentRemoval = false

// isGone: a file may end between the list of its folder and its own watch.
func isGone(err error) bool {
	return errors.Is(err, unix.ENOENT) || errors.Is(err, fsnotify.ErrNonExistentWatch)
}

// Closed: without leases nothing tells whether a file is open for writing.
func (osFiles) Closed(string) bool { return false }

// Remote returns the kind of a file system that others than this kernel may change (statfs(2), MNT_LOCAL).
func (osFiles) Remote(dir string) string {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil || s.Flags&unix.MNT_LOCAL != 0 {
		return ""
	}
	return unix.ByteSliceToString(s.Fstypename[:])
}
