package inject

import (
	"errors"
	"sync"
	"time"
)

var (
	// ErrBusy is returned by Stop if no thread of the process can be stopped now: none sleeps in a call that
	// can be continued, or the process is stopped or traced. Try again later.
	ErrBusy = errors.New("no thread of the process can be stopped now")
	// ErrForbidden is returned by Stop if this process may not trace the other, or the other has seccomp
	// filters of its own, or the system is not Linux on amd64. It stays so.
	ErrForbidden = errors.New("no thread of the process may be stopped")
	// ErrCancelled is returned by Call if sure returned false.
	ErrCancelled = errors.New("the system call was cancelled")
)

// gate is held for reading while a thread is stopped.
var gate sync.RWMutex

// Finish waits until no thread is stopped any more, at most for a second, and forbids to stop others. Call it
// before this process ends or is replaced.
func Finish() {
	for end := time.Now().Add(time.Second); !gate.TryLock() && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
}
