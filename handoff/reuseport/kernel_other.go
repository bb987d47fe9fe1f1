//go:build !linux

package reuseport

import (
	"errors"
	"net/netip"

	"github.com/hotswap-dev/hotswap/handoff"
)

// Kernel refuses everything: there is no steering outside Linux, and hotswap
// restarts the program plainly.
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
