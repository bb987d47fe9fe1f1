//go:build !linux && !darwin && !freebsd

package control

import (
	"errors"
	"net"
)

// peer is not available here, so that the server refuses every client.
func peer(net.Conn) (uid, pid int, err error) { return 0, 0, errors.ErrUnsupported }
