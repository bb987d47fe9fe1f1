package proc

import (
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/fdtable"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// listening returns the processes of the tree that have listening TCP sockets, with the
// addresses.
//
// Unix sockets do not count, because wrappers (tsx's pipe to its child) and helpers
// (Python's multiprocessing) have them, too. So a server at only a unix socket, below a
// wrapper that passes signals on, gets the stop signal twice.
func listening(program int, tree []int) map[int][]string {
	sockets := listeners(program)
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

// listeners returns the addresses of listening TCP sockets in the program's network
// namespace, by inode. A sock_diag dump takes microseconds; the text in /proc, with
// 40,000 connections in TIME_WAIT, a tenth of a second. The text is needed for another
// network namespace.
func listeners(program int) map[uint64]string {
	own, _ := os.Readlink("/proc/self/ns/net")
	its, err := os.Readlink("/proc/" + strconv.Itoa(program) + "/ns/net")
	if err == nil && its != own {
		return listenersIn("/proc/" + strconv.Itoa(program) + "/net/")
	}
	// Also if the program has ended: other namespaces are rare.
	dump, err := sockdiag.Dump(sockdiag.Query{States: []sockdiag.State{sockdiag.Listen}})
	if err != nil { // forbidden by a sandbox
		return listenersIn("/proc/self/net/")
	}
	out := map[uint64]string{}
	for _, s := range dump {
		out[s.Inode] = s.Local.String()
	}
	return out
}

// listenersIn reads the tables of a network namespace as text.
func listenersIn(dir string) map[uint64]string {
	out := map[uint64]string{}
	for _, table := range []string{"tcp", "tcp6"} {
		b, _ := os.ReadFile(dir + table)
		for line := range strings.Lines(string(b)) {
			// The second field is the local address, the fourth the state, 0A:
			// listening; the tenth the inode (proc_pid_net(5)).
			if f := strings.Fields(line); len(f) > 9 && f[3] == "0A" {
				if inode, err := strconv.ParseUint(f[9], 10, 64); err == nil {
					out[inode] = f[1]
				}
			}
		}
	}
	return out
}
