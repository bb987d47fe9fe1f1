//go:build unix

package handoff

import (
	"fmt"
	"os"
	"syscall"
)

// Private says why others may have a hand in a folder: it is not this user's, or a
// symbolic link, or they may write to it.
func Private(dir string) error {
	return private(dir, os.ModeDir, "folder")
}

// PrivateFile says the same of a regular file.
func PrivateFile(path string) error { return private(path, 0, "file") }

func private(path string, kind os.FileMode, name string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case info.Mode().Type() != kind || !ok || int(st.Uid) != os.Geteuid():
		return fmt.Errorf("%s: not a %s of this user", path, name)
	case info.Mode().Perm()&0o022 != 0:
		return fmt.Errorf("%s: others may write to it", path)
	}
	return nil
}
