//go:build !linux

// Package thread runs code on an OS thread of its own. Where threads have no rights of their own, no code gets another
// user's.
package thread

import (
	"errors"
	"fmt"
	"syscall"
)

// Own calls f.
func Own(f func()) { f() }

// Become returns an error unless user is nil.
func Become(user *syscall.Credential) error {
	if user == nil {
		return nil
	}
	return fmt.Errorf("become user %d: %w", user.Uid, errors.ErrUnsupported)
}
