//go:build !linux

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
