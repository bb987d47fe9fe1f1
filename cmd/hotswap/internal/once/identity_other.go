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
	return fmt.Sprint(info.Sys().(*syscall.Stat_t).Ino), nil
}
