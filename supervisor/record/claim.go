//go:build unix

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
	// ErrNothingLeft: another process has dealt with the record meanwhile.
	ErrNothingLeft = errors.New("there is nothing left to deal with")

	// ErrHeld: another process has the record locked, and keeps it so. The record is to
	// be left alone.
	ErrHeld = errors.New("another process has the record locked")
)

// claimAgain is the pause between two attempts to get a lock.
const claimAgain = 20 * time.Millisecond

// Claim waits until this process alone deals with the record of a dead run
// (flock(2), which ends with the process), or ctx ends.
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

// lock asks again and again: a wait inside flock(2) has no end if the holder is stopped.
func lock(ctx context.Context, f *os.File) error {
	tick := time.NewTicker(claimAgain)
	defer tick.Stop()
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if !errors.Is(err, unix.EINTR) && !errors.Is(err, unix.EWOULDBLOCK) {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%w (%s%s)", ErrHeld, f.Name(), holder(f))
		}
	}
}
