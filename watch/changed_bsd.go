//go:build darwin || freebsd || netbsd

package watch

import (
	"io/fs"
	"syscall"
	"time"
)

// ChangedAt is the later of the modification and the change time, stat(2).
func ChangedAt(info fs.FileInfo) time.Time {
	t := info.ModTime()
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		if c := time.Unix(st.Ctimespec.Unix()); c.After(t) {
			return c
		}
	}
	return t
}
