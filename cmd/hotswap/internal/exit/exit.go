// Package exit has the exit codes of hotswap, and errors that carry one.
package exit

import "fmt"

// Exit codes, from sysexits.h where that has one.
const (
	OK              = 0
	CodeFailed      = 1   // doctor: something does not work
	CodeUsage       = 64  // EX_USAGE: wrong usage
	CodeUnavailable = 69  // EX_UNAVAILABLE: cannot do what was asked
	CodeSoftware    = 70  // EX_SOFTWARE: a fault of hotswap
	CodeSignal      = 128 // plus the number of the signal that stopped hotswap at once
)

// Error is why hotswap ends with a code; nil in it: nothing is left to say.
type Error struct {
	Code int
	error
}

// Ended is the end with a code, of which people have heard.
func Ended(code int) error { return &Error{Code: code} }

func (e *Error) Unwrap() error { return e.error }

func Failedf(format string, args ...any) error {
	return &Error{CodeFailed, fmt.Errorf(format, args...)}
}

func Usagef(format string, args ...any) error {
	return &Error{CodeUsage, fmt.Errorf(format, args...)}
}

func Unavailable(err error) error { return &Error{CodeUnavailable, err} }

func Unavailablef(format string, args ...any) error { return Unavailable(fmt.Errorf(format, args...)) }
