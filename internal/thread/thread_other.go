//go:build !linux

package thread

import (
	"errors"
	"fmt"
	"syscall"
)

func Own(f func()) { f() }

func Become(user *syscall.Credential) error {
	if user == nil {
		return nil
	}
	return fmt.Errorf("become user %d: %w", user.Uid, errors.ErrUnsupported)
}
