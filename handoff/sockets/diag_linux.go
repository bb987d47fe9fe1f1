package sockets

import (
	"cmp"

	"github.com/hotswap-dev/hotswap/internal/procfs"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// Lookup asks sock_diag. A dump ([System.Handshakes]) would walk the kernel's table of all connections, which takes
// milliseconds.
func (System) Lookup(c sockdiag.Name) (sockdiag.Socket, bool, error) { return sockdiag.Lookup(c) }

// Sockets reads the descriptor tables of the processes. A process that has ended has none.
func (System) Sockets(of func() ([]int, error)) (map[uint64]bool, error) {
	pids, err := of()
	open := map[uint64]bool{}
	for _, pid := range pids {
		err = cmp.Or(err, procfs.Sockets(pid, func(_, _ int, inode uint64) { open[inode] = true }))
	}
	return open, err
}
