package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/hotswap-dev/hotswap/internal/plain"
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

// report prints an error as one line, with advice where there is some, and
// gives its exit code.
func report(w io.Writer, err error) int {
	o := newOutbox(w, leftOut(false))
	defer o.close() // whoever does not read does not keep hotswap
	fmt.Fprintf(o, "hotswap: %s\n", plain.Line(err.Error()))
	if h := hint(err); h != "" {
		fmt.Fprintf(o, "hotswap: %s\n", plain.Line(h))
	}
	var e *exitError
	if errors.As(err, &e) {
		return e.code
	}
	return exitSoftware
}
