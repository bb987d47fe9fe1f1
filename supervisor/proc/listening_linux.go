package proc

import (
	"slices"

	"github.com/hotswap-dev/hotswap/internal/fdtable"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// listening returns the processes of the tree that have listening TCP sockets, with the addresses.
//
// Unix sockets do not count, because wrappers (tsx's pipe to its child) and helpers (Python's multiprocessing) have
// them, too. So a server at only a unix socket, below a wrapper that passes signals on, gets the stop signal twice.
func listening(tree []int) map[int][]string {
	sockets, _ := sockdiag.Listeners(false, 0) // where a sandbox forbids sock_diag none is known
	out := map[int][]string{}
	for _, pid := range tree {
		// No sockets are known of a process that may not be inspected.
		_ = fdtable.Sockets(pid, func(_, _ int, inode uint64) {
			if s, listens := sockets[inode]; listens && !slices.Contains(out[pid], s.Local.String()) {
				out[pid] = append(out[pid], s.Local.String())
			}
		})
	}
	return out
}
