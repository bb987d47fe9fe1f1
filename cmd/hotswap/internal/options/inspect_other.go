//go:build !linux

package options

import "errors"

// mayInspect returns an error: hotswap would need threads with rights of their own.
func mayInspect() error { return errors.New("only Linux runs the program as another user") }
