//go:build linux || darwin || freebsd || netbsd

package watch

import (
	"io/fs"
	"syscall"
	"time"
)

// ChangedAt returns when a file last changed by its own clock: the later of the
// modification and the change time. Programs cannot set the latter (inode(7)), so it
// shows cp -p, tar and a rename over the file, which bring an old modification time.
func ChangedAt(info fs.FileInfo) time.Time {
	t := info.ModTime()
	if st, ok := info.Sys().(*syscall.Stat_t); ok && changeTime(st).After(t) {
		return changeTime(st)
	}
	return t
}
