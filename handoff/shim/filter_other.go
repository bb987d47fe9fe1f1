//go:build !linux

package shim

import "errors"

// Install is refused: seccomp is Linux's.
func Install([]byte) (int, error) { return -1, errors.ErrUnsupported }

// Try is refused likewise.
func Try([]byte) error { return errors.ErrUnsupported }
