package sockets

import (
	"github.com/hotswap-dev/hotswap/internal/procfs"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// Queued asks sock_diag: a connection that was not accepted has no inode. Its client may have closed it already.
func (System) Queued(c Conn) (bool, error) {
	s, there, err := sockdiag.Lookup(sockdiag.Name{Local: c.Server, Remote: c.Client})
	if err != nil || !there {
		return false, err
	}
	return s.Inode == 0 && (s.State == sockdiag.Established || s.State == sockdiag.CloseWait), nil
}

// UnderWay reports whether the handshake of a connection is under way. A dump ([System.HalfOpen]) would
// walk the kernel's table of all connections, which takes milliseconds.
func (System) UnderWay(c Conn) (bool, error) {
	s, there, err := sockdiag.Lookup(sockdiag.Name{Local: c.Server, Remote: c.Client})
	return there && s.State == sockdiag.SynRecv, err
}

// Sockets reads the descriptor tables of the processes. A process that has ended has none.
func (System) Sockets(of func() ([]int, error)) (map[uint64]struct{}, error) {
	pids, err := of()
	if err != nil {
		return nil, err
	}
	open := map[uint64]struct{}{}
	for _, pid := range pids {
		if err := procfs.Sockets(pid, func(_, _ int, inode uint64) { open[inode] = struct{}{} }); err != nil {
			return nil, err
		}
	}
	return open, nil
}
