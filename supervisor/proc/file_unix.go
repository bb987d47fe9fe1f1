//go:build unix

package proc

import (
	"io/fs"
	"syscall"
)

// FileID is what makes a file that file, whatever its name.
type FileID struct{ Dev, Ino uint64 }

// IDOf is the file's, if its file system has such a thing.
func IDOf(info fs.FileInfo) (FileID, bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return FileID{}, false
	}
	return FileID{uint64(st.Dev), uint64(st.Ino)}, true
}
