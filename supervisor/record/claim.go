//go:build unix

package record

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Claim waits until this process alone deals with the record of a dead run
// (flock(2), which ends with the process). False: there is nothing left to deal
// with.
func (d Dir) Claim(run string) (release func(), ok bool) {
	f, err := os.OpenFile(d.path(run), os.O_RDWR|unix.O_NOFOLLOW, 0)
	if err != nil {
		return nil, false
	}
	for err = unix.EINTR; errors.Is(err, unix.EINTR); {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX)
	}
	mine, _ := f.Stat()
	there, gone := os.Lstat(d.path(run))
	if err != nil || gone != nil || !os.SameFile(mine, there) {
		_ = f.Close()
		return nil, false
	}
	return func() { _ = f.Close() }, true
}
