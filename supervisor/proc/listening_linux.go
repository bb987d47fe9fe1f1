package proc

import (
	"github.com/hotswap-dev/hotswap/internal/fdtable"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// listening returns the processes of the tree that have listening TCP sockets. Unix sockets do not count, because wrappers
// (tsx's pipe to its child) and helpers (Python's multiprocessing) have them, too.
func listening(tree []int) map[int]bool {
	sockets, _ := sockdiag.Listeners(false, 0) // where a sandbox forbids sock_diag none is known
	out := map[int]bool{}
	for _, pid := range tree {
		// No sockets are known of a process that may not be inspected.
		_ = fdtable.Sockets(pid, func(_, _ int, inode uint64) {
			if _, listens := sockets[inode]; listens {
				out[pid] = true
			}
		})
	}
	return out
}
