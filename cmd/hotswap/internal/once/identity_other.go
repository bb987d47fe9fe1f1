//go:build !linux

package once

import (
	"os"
	"syscall"
)

// identify does not know the time of birth.
func identify(dir string) (identity, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return identity{}, err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return identity{}, nil
	}
	return identity{Device: uint64(st.Dev), Inode: uint64(st.Ino)}, nil //nolint:unconvert,gosec // types differ between systems
}
