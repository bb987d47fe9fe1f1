//go:build !linux

package reuseport

import (
	"context"
	"errors"
	"net"
	"net/netip"

	"github.com/hotswap-dev/hotswap/handoff"
)

// Only Linux has the mechanisms. Elsewhere hotswap restarts the program plainly.

// SystemKernel refuses every call.
type SystemKernel struct{}

var _ Kernel = SystemKernel{}

func (SystemKernel) Open(handoff.Endpoint) (int, error) { return -1, errors.ErrUnsupported }
func (SystemKernel) Inode(int) (uint64, error)          { return 0, errors.ErrUnsupported }
func (SystemKernel) SetReusePort(int) error             { return errors.ErrUnsupported }
func (SystemKernel) Listen(int, int) error              { return errors.ErrUnsupported }
func (SystemKernel) Steer(int, Route) error             { return errors.ErrUnsupported }
func (SystemKernel) Queue(int) (int, bool, error)       { return 0, false, errors.ErrUnsupported }
func (SystemKernel) Accept(int) (int, bool)             { return -1, false }
func (SystemKernel) Shutdown(int) error                 { return errors.ErrUnsupported }
func (SystemKernel) Close(int) error                    { return errors.ErrUnsupported }
func (SystemKernel) Queued(Conn) (bool, error)          { return false, errors.ErrUnsupported }
func (SystemKernel) Descriptors() (int, int, error)     { return 0, 0, errors.ErrUnsupported }
func (SystemKernel) Sockets(func() ([]int, error)) (map[uint64]struct{}, error) {
	return nil, errors.ErrUnsupported
}
func (SystemKernel) HalfOpen(handoff.Endpoint) (map[netip.AddrPort]struct{}, error) {
	return nil, errors.ErrUnsupported
}

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
