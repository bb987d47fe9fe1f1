package scratch

import (
	"os"
	"syscall"
)

// take locks a folder. errSwept: another process has locked it, or removed it before the lock was there.
func take(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW, 0)
	if os.IsNotExist(err) {
		return nil, errSwept
	} else if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == syscall.EWOULDBLOCK {
		err = errSwept
	}
	if err == nil {
		// It may have been removed, and made anew, between the two calls.
		locked, failed := f.Stat()
		there, gone := os.Lstat(path)
		if failed != nil || gone != nil || !os.SameFile(locked, there) {
			err = errSwept
		}
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}
