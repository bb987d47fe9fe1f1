//go:build !linux

package reuseport

import (
	"context"
	"errors"
	"net"

	"github.com/hotswap-dev/hotswap/handoff"
)

// Only Linux has the mechanisms. Elsewhere hotswap restarts the program plainly.

// SystemKernel refuses to open or adopt a socket, so its other methods are never called.
type SystemKernel struct{ Kernel }

func (SystemKernel) Open(handoff.Endpoint) (int, error)   { return -1, errors.ErrUnsupported }
func (SystemKernel) SetReusePort(int) error               { return errors.ErrUnsupported }
func (SystemKernel) LockPort(uint16) func()               { return func() {} }
func (SystemKernel) Listeners(uint16) ([]Listener, error) { return nil, errors.ErrUnsupported }
func (SystemKernel) Close(int) error                      { return errors.ErrUnsupported }

// Prober refuses every probe.
type Prober struct{}

// NewProber returns a Prober.
func NewProber(*Registry) *Prober { return &Prober{} }

// Probe returns errors.ErrUnsupported.
func (*Prober) Probe(context.Context, handoff.GenID, handoff.Endpoint) error {
	return errors.ErrUnsupported
}

// Dial returns errors.ErrUnsupported.
func Dial(context.Context, *Registry, handoff.GenID, handoff.Endpoint) (net.Conn, error) {
	return nil, errors.ErrUnsupported
}
