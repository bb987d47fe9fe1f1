package child

import (
	"errors"
	"fmt"
)

// Errors of this package. Compare them by [errors.Is].
var (
	// ErrNotFound: the key does not exist.
	ErrNotFound = errors.New("not found")
	// ErrTooLarge: a key of more than 512 bytes, or a value of more than 1 MiB.
	ErrTooLarge = errors.New("too large")
	// ErrFull: the store has no room for the value. Delete keys, or give them a [TTL].
	ErrFull = errors.New("full")
	// ErrType: the value that is kept is not of the type that was asked for.
	ErrType = errors.New("wrong type")
	// ErrLagging: a [Watch] has missed changes, because this process has not read for too long. Watch again.
	ErrLagging = errors.New("the watch has missed changes")
	// ErrUnavailable: hotswap cannot do that here. The error's text says why.
	ErrUnavailable = errors.New("unavailable")
	// ErrGone: hotswap cannot be reached, though HOTSWAP_SOCKET is set. hotswap has ended, or this process
	// is none that it runs.
	ErrGone = errors.New("hotswap cannot be reached")
)

// VersionError says that a key has not the version that [IfVersion] asked for.
type VersionError struct {
	Version uint64 // of the key; 0: it does not exist
}

func (e *VersionError) Error() string {
	if e.Version == 0 {
		return "the key does not exist"
	}
	return fmt.Sprintf("the key has version %d", e.Version)
}

// about adds the operation and its object.
func about(err error, op, object string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("child: %s %s: %w", op, object, err)
}
