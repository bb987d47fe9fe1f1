package regular

import (
	"io/fs"
	"syscall"
	"time"
)

// Changed returns when a file's content, name or mode changed last, which programs cannot set (inode(7), ctime). False:
// the file system does not tell.
func Changed(info fs.FileInfo) (at time.Time, ok bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return at, false
	}
	return changed(st), true
}
