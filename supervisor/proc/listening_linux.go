package proc

import (
	"slices"

	"github.com/hotswap-dev/hotswap/internal/fdtable"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// listening returns the processes of the tree that have listening TCP sockets, with the
// addresses.
//
// Unix sockets do not count, because wrappers (tsx's pipe to its child) and helpers
// (Python's multiprocessing) have them, too. So a server at only a unix socket, below a
// wrapper that passes signals on, gets the stop signal twice.
func listening(tree []int) map[int][]string {
	sockets := listeners()
	out := map[int][]string{}
	for _, pid := range tree {
		// No sockets are known of a process that may not be inspected.
		_ = fdtable.Sockets(pid, func(_, _ int, inode uint64) {
			if address := sockets[inode]; address != "" && !slices.Contains(out[pid], address) {
				out[pid] = append(out[pid], address)
			}
		})
	}
	return out
}

// listeners returns the addresses of listening TCP sockets in this network namespace, by inode. hotswap
// serves in no other one. Where a sandbox forbids sock_diag none is known.
func listeners() map[uint64]string {
	dump, _ := sockdiag.Dump(sockdiag.Query{States: []sockdiag.State{sockdiag.Listen}})
	out := map[uint64]string{}
	for _, s := range dump {
		out[s.Inode] = s.Local.String()
	}
	return out
}
