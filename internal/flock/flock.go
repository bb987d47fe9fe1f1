// Package flock locks files and folders by flock(2). A lock ends with the process that has it, however that ends.
package flock

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/wait"
)

var (
	// ErrLocked reports that another process has the lock.
	ErrLocked = errors.New("another process has it locked")

	// ErrGone reports that nothing is at the path, or something else than was locked.
	ErrGone = errors.New("it has been removed")
)

// Folder opens the folder at path, which is no symbolic link, and locks it without waiting.
func Folder(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil, ErrGone
	} else if err != nil {
		return nil, err
	}
	now, cancel := context.WithCancel(context.Background())
	cancel()
	err = File(now, f)
	if err == nil {
		// It may have been removed, and made anew, between the two calls.
		locked, failed := f.Stat()
		there, gone := os.Lstat(path)
		if failed == nil && gone == nil && os.SameFile(locked, there) {
			return f, nil
		}
		err = ErrGone
	}
	return nil, errors.Join(err, f.Close())
}

// File locks an open file. If another process has the lock, File waits until ctx ends, then it returns [ErrLocked]. It
// tries at least once. It polls, because flock(2) waits without end if the owner of the lock is stopped.
func File(ctx context.Context, f *os.File) error {
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return nil
		}
		if !errors.Is(err, unix.EINTR) && !errors.Is(err, unix.EWOULDBLOCK) {
			return fmt.Errorf("lock %s: %w", f.Name(), err)
		}
		if wait.For(ctx, wait.Poll) != nil {
			return fmt.Errorf("%s: %w", f.Name(), ErrLocked)
		}
	}
}
