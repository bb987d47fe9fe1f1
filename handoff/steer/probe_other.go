//go:build !linux

package steer

import (
	"context"
	"errors"

	"github.com/hotswap-dev/hotswap/handoff"
)

// Probe is refused: there is no steering outside Linux.
func Probe(context.Context, *handoff.Registry, handoff.GenID, handoff.Endpoint) error {
	return errors.ErrUnsupported
}
