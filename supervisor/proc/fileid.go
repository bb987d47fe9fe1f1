package proc

import (
	"io/fs"
	"syscall"
)

// FileID identifies a file, whatever its name.
type FileID struct{ Dev, Ino uint64 }

// IDOf returns the ID of a file, if its file system has one.
func IDOf(info fs.FileInfo) (FileID, bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return FileID{}, false
	}
	return FileID{uint64(st.Dev), uint64(st.Ino)}, true
}
