//go:build !linux

package steer

import (
	"context"
	"errors"
	"net"

	"github.com/hotswap-dev/hotswap/handoff"
)

// Probe is refused: there is no steering outside Linux.
func Probe(context.Context, *handoff.Registry, handoff.GenID, handoff.Endpoint) error {
	return errors.ErrUnsupported
}

// Dial is refused: there is no steering outside Linux.
func Dial(context.Context, *handoff.Registry, handoff.GenID, handoff.Endpoint) (net.Conn, error) {
	return nil, errors.ErrUnsupported
}
