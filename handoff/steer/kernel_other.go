//go:build !linux

package steer

import (
	"errors"
	"net/netip"

	"github.com/hotswap-dev/hotswap/handoff"
)

// Kernel refuses everything: there is no steering outside Linux, and hotswap
// restarts the program plainly.
type Kernel struct{}

var _ handoff.Kernel = Kernel{}

func (Kernel) Open(handoff.Endpoint) (int, error) { return -1, errors.ErrUnsupported }
func (Kernel) Inode(int) (uint64, error)          { return 0, errors.ErrUnsupported }
func (Kernel) Share(int) error                    { return errors.ErrUnsupported }
func (Kernel) Listen(int, int) error              { return errors.ErrUnsupported }
func (Kernel) Steer(int, handoff.Route) error     { return errors.ErrUnsupported }
func (Kernel) Queue(int) (int, bool, error)       { return 0, false, errors.ErrUnsupported }
func (Kernel) Accept(int) (int, bool)             { return -1, false }
func (Kernel) Leave(int) error                    { return errors.ErrUnsupported }
func (Kernel) Close(int) error                    { return errors.ErrUnsupported }
func (Kernel) Queued(handoff.Conn) (bool, error)  { return false, errors.ErrUnsupported }
func (Kernel) Descriptors() (int, int, error)     { return 0, 0, errors.ErrUnsupported }
func (Kernel) Sockets(func() ([]int, error)) (map[uint64]struct{}, error) {
	return nil, errors.ErrUnsupported
}
func (Kernel) HalfOpen(handoff.Endpoint) (map[netip.AddrPort]struct{}, error) {
	return nil, errors.ErrUnsupported
}
