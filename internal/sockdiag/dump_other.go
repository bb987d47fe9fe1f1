//go:build !linux

package sockdiag

import "errors"

// Dump returns errors.ErrUnsupported.
func Dump(Query) ([]Socket, error) { return nil, errors.ErrUnsupported }
