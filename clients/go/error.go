package hotswap

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
	// ErrGone: HOTSWAP_SOCKET is set, but hotswap has ended, or did not start this process.
	ErrGone = errors.New("hotswap cannot be reached")
)

var (
	errVersion = errors.New("another writer was faster")
	// errClosed: hotswap has ended a connection that it had accepted. Another one may be had.
	errClosed = errors.New("hotswap has closed the connection")
)

// codes are the errors of docs/state.md.
var codes = map[string]error{
	"too-large": ErrTooLarge, "full": ErrFull, "type": ErrType, "lagging": ErrLagging,
	"unavailable": ErrUnavailable, "version": errVersion,
}

// about adds the operation and its object.
func about(err error, op, object string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("hotswap: %s %s: %w", op, object, err)
}
