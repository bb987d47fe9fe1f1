package watch

import (
	"errors"
	"syscall"
)

const (
	instanceLimit = "fs.inotify.max_user_instances or ulimit -n"
	watchLimit    = "fs.inotify.max_user_watches"
)

// isWatchLimit: inotify_add_watch(2) answers ENOSPC when the user's limit on
// watches is reached; it has nothing to do with the disk.
func isWatchLimit(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.ENOMEM)
}

// isGone: inotify_rm_watch(2) answers EINVAL for a watch that the kernel has
// removed by itself, because its folder is gone.
func isGone(err error) bool { return errors.Is(err, syscall.EINVAL) }
