package sockets

import (
	"github.com/hotswap-dev/hotswap/internal/procfs"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// Queued asks sock_diag: a connection that was not accepted has no inode. Its client may have closed it already. A dump
// ([System.Unaccepted]) would walk the kernel's table of all connections, which takes milliseconds.
func (System) Queued(c sockdiag.Name) (queued, underWay bool, err error) {
	s, there, err := sockdiag.Lookup(c)
	if err != nil || !there {
		return false, false, err
	}
	return s.Inode == 0 && (s.State == sockdiag.Established || s.State == sockdiag.CloseWait), s.State == sockdiag.SynRecv, nil
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
