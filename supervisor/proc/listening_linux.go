package proc

import (
	"github.com/hotswap-dev/hotswap/internal/procfs"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// listening returns the processes of the tree that have listening TCP sockets. Unix sockets do not count, because wrappers
// (tsx's pipe to its child) and helpers (Python's multiprocessing) have them, too.
func listening(tree []int) map[int]bool {
	sockets, _ := sockdiag.Listeners(false, 0) // where a sandbox forbids sock_diag none is known
	out := map[int]bool{}
	for _, pid := range tree {
		if procfs.Holder([]int{pid}, sockets) == pid {
			out[pid] = true
		}
	}
	return out
}
