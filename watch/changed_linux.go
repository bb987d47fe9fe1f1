package watch

import (
	"io/fs"
	"syscall"
	"time"
)

// ChangedAt is when a file last changed by its own clock: the later of the
// modification and the change time. The latter cannot be set by programs
// (inode(7)): it betrays cp -p, tar and a rename over the file, which bring an
// old modification time along.
func ChangedAt(info fs.FileInfo) time.Time {
	t := info.ModTime()
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		if c := time.Unix(st.Ctim.Unix()); c.After(t) {
			return c
		}
	}
	return t
}
