package once

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

const (
	// lockEvery is the pause between two attempts to get the lock.
	lockEvery = 50 * time.Millisecond
	// lockWord is how long the wait for the lock may last before the user hears of it.
	lockWord = time.Second
)

// holder is what the holder of a lock writes into the lock's file.
type holder struct {
	proc.Identity
	Since time.Time `json:"since"`
}

// lock gets the lock at path, or returns the error of ctx. waits is called once if that
// takes longer, with the holder; the zero value: the holder is not known. flock(2) is
// polled, because it waits without end for a process that is stopped.
func lock(ctx context.Context, path string, waits func(holder)) (*os.File, error) {
	tick := time.NewTicker(lockEvery)
	defer tick.Stop()
	begun, told := time.Now(), false
	for {
		f, err := tryLock(path)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) {
			return nil, err
		}
		if !told && time.Since(begun) >= lockWord {
			told = true
			waits(heldBy(path))
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// tryLock gets the lock at path, or an error that wraps EWOULDBLOCK.
func tryLock(path string) (*os.File, error) {
	for range 10 {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o600) // CLOEXEC, by package os
		if err != nil {
			return nil, err
		}
		if err := flock(f); err != nil {
			_ = f.Close()
			return nil, &os.PathError{Op: "lock", Path: path, Err: err}
		}
		mine, err := f.Stat()
		there, gone := os.Lstat(path)
		if err == nil && gone == nil && os.SameFile(mine, there) {
			note(f)
			return f, nil
		}
		_ = f.Close() // it was swept between the two calls: nobody else locks that file
	}
	return nil, &os.PathError{Op: "lock", Path: path, Err: unix.EWOULDBLOCK}
}

func flock(f *os.File) error {
	for {
		if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// note writes who holds the lock. It is a word for people: without it the lock holds too.
func note(f *os.File) {
	self, _ := proc.Identify(os.Getpid())
	b, err := json.Marshal(holder{self, time.Now()})
	if err == nil && f.Truncate(0) == nil {
		_, _ = f.WriteAt(b, 0)
	}
}

// unlock ends the lock.
func unlock(f *os.File) {
	_ = f.Truncate(0)
	_ = f.Close()
}

// heldBy returns the process that holds the lock at path, if it is known and alive: the
// file may be one that a process left that was killed.
func heldBy(path string) holder {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return holder{}
	}
	defer f.Close()
	b, _ := io.ReadAll(io.LimitReader(f, 1<<10))
	var h holder
	if json.Unmarshal(b, &h) != nil || h.PID <= 0 || !h.Alive() {
		return holder{}
	}
	return h
}
