package hotswap

import (
	"errors"
	"fmt"
)

// Errors of this package. Compare them by [errors.Is].
var (
	// ErrTooLarge: a name of more than 512 bytes.
	ErrTooLarge = errors.New("too large")
	// ErrFull: the generation has as many requests as it may.
	ErrFull = errors.New("full")
	// ErrUnavailable: hotswap cannot do that here. The error's text says why.
	ErrUnavailable = errors.New("unavailable")
	// ErrGone: HOTSWAP_SOCKET is set, but hotswap has ended, or did not start this process.
	ErrGone = errors.New("hotswap cannot be reached")
)

// errClosed: hotswap has ended a connection that it had accepted. Another one may be had.
var errClosed = errors.New("hotswap has closed the connection")

// codes are the errors of docs/state.md.
var codes = map[string]error{"too-large": ErrTooLarge, "full": ErrFull, "unavailable": ErrUnavailable}

// about adds the operation and its object.
func about(err error, op, object string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("hotswap: %s %s: %w", op, object, err)
}
