package exit

import (
	"fmt"
)

// Exit codes; those of sysexits.h where there is one.
const (
	OK              = 0
	CodeFailed      = 1  // demo: something was lost; doctor: something does not work
	CodeUsage       = 64 // EX_USAGE: wrong usage
	CodeUnavailable = 69 // EX_UNAVAILABLE: cannot do what was asked
	CodeSoftware    = 70 // EX_SOFTWARE: our own fault
	CodeSignal      = 128
)

// Error is an error with its exit code.
type Error struct {
	Code int
	Err  error
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

func Usagef(format string, args ...any) error {
	return &Error{CodeUsage, fmt.Errorf(format, args...)}
}

func Unavailable(err error) error { return &Error{CodeUnavailable, err} }
