//go:build !linux && !darwin && !freebsd

package control

import (
	"errors"
	"net"
)

// peer cannot tell: nobody may ask.
func peer(net.Conn) (uid, pid int, err error) { return 0, 0, errors.ErrUnsupported }
