package once

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// identify distinguishes a folder from another one that was at the same path before, such as an earlier clone of the
// project: by its inode and, where the file system knows it, its time of birth.
func identify(dir string) (string, error) {
	var st unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, dir, 0, unix.STATX_INO|unix.STATX_BTIME, &st); err != nil {
		return "", fmt.Errorf("%s: %w", dir, err)
	}
	return fmt.Sprint(st.Ino, st.Btime.Sec, st.Btime.Nsec), nil
}
