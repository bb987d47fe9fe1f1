package statefile

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// rename renames a file unless there is one of the new name, if the file system can tell.
func rename(from, to string) error {
	err := unix.Renameat2(unix.AT_FDCWD, from, unix.AT_FDCWD, to, unix.RENAME_NOREPLACE)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return os.Rename(from, to)
	}
	return err
}
