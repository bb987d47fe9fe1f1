package record

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

var (
	// ErrNothingLeft reports that another process has cleaned up this run.
	ErrNothingLeft = errors.New("there is nothing left to deal with")

	// ErrLocked reports that another process keeps the record locked.
	ErrLocked = errors.New("another process has the record locked")
)

// lockEvery is the pause between two attempts to get a lock.
const lockEvery = 20 * time.Millisecond

// Claim locks the record of a dead run, so that one process cleans up (flock(2), which
// ends with the process). It waits until ctx ends.
func (d Dir) Claim(ctx context.Context, run string) (release func(), err error) {
	f, err := os.OpenFile(d.path(run), os.O_RDWR|unix.O_NOFOLLOW, 0)
	if err != nil {
		return nil, ErrNothingLeft
	}
	if err := lock(ctx, f); err != nil {
		_ = f.Close()
		return nil, err
	}
	mine, _ := f.Stat()
	there, gone := os.Lstat(d.path(run))
	if gone != nil || !os.SameFile(mine, there) {
		_ = f.Close()
		return nil, ErrNothingLeft
	}
	return func() { _ = f.Close() }, nil
}

// lock polls, because flock(2) waits without end if the owner of the lock is stopped.
func lock(ctx context.Context, f *os.File) error {
	tick := time.NewTicker(lockEvery)
	defer tick.Stop()
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if !errors.Is(err, unix.EINTR) && !errors.Is(err, unix.EWOULDBLOCK) {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%w (%s)", ErrLocked, f.Name())
		}
	}
}
