//go:build !linux

package once

import (
	"fmt"
	"os"
	"syscall"
)

// identify distinguishes a folder from another one that was at the same path before, by its inode.
func identify(dir string) (string, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return "", err
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return fmt.Sprint(st.Ino), nil
	}
	return "", fmt.Errorf("%s: its file system has no inodes", dir)
}
