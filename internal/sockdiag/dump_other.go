//go:build !linux

package sockdiag

import "errors"

// Conn does not exist here.
type Conn struct{}

// Open is refused: sock_diag is Linux's.
func Open() (*Conn, error) { return nil, errors.ErrUnsupported }

// Close does nothing.
func (*Conn) Close() {}

// Dump is refused.
func (*Conn) Dump(Query, func(Socket)) error { return errors.ErrUnsupported }

// Lookup is refused.
func (*Conn) Lookup(Name) (Socket, bool, error) { return Socket{}, false, errors.ErrUnsupported }

// Dump is refused.
func Dump(Query) ([]Socket, error) { return nil, errors.ErrUnsupported }
