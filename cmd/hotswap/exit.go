package main

import (
	"fmt"
)

// Exit codes; those of sysexits.h where there is one.
const (
	exitOK          = 0
	exitFailed      = 1  // demo: something was lost; doctor: something does not work
	exitUsage       = 64 // EX_USAGE: wrong usage
	exitUnavailable = 69 // EX_UNAVAILABLE: cannot do what was asked
	exitSoftware    = 70 // EX_SOFTWARE: our own fault
	exitSignal      = 128
)

// exitError is an error with its exit code.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}

func unavailable(err error) error { return &exitError{exitUnavailable, err} }
