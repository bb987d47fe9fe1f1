//go:build !linux

package sockdiag

import "errors"

// Dump is refused: sock_diag is Linux's.
func Dump(Query) ([]Socket, error) { return nil, errors.ErrUnsupported }
