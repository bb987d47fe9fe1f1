//go:build !linux

package reuseport

import (
	"context"
	"errors"
	"net"

	"github.com/hotswap-dev/hotswap/handoff"
)

// Prober refuses: there is no steering outside Linux.
type Prober struct{}

// NewProber returns a Prober.
func NewProber(*Registry) *Prober { return &Prober{} }

// Probe is refused.
func (*Prober) Probe(context.Context, handoff.GenID, handoff.Endpoint) error {
	return errors.ErrUnsupported
}

// Dial is refused: there is no steering outside Linux.
func Dial(context.Context, *Registry, handoff.GenID, handoff.Endpoint) (net.Conn, error) {
	return nil, errors.ErrUnsupported
}
