package proc

import (
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/fdtable"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// listening are those of the tree that have a listening TCP socket open, with
// the addresses.
//
// Unix sockets do not count. Wrappers have some for their own use (tsx's pipe, to which
// its child connects), and so have helpers below a server (Python's multiprocessing),
// and nothing that the kernel shows tells them from a server's. So below a wrapper that
// passes signals on, a server at a unix socket alone hears the stop signal twice.
func listening(program int, tree []int) map[int][]string {
	sockets := listeners(program)
	out := map[int][]string{}
	for _, pid := range tree {
		// One that may not be looked into has none, as far as we know.
		_ = fdtable.Sockets(pid, func(_, _ int, inode uint64) {
			if address := sockets[inode]; address != "" && !slices.Contains(out[pid], address) {
				out[pid] = append(out[pid], address)
			}
		})
	}
	return out
}

// listeners are the addresses of the listening TCP sockets of the program's
// network, by inode. A dump filtered by the kernel takes microseconds; the
// text in /proc has every connection in it too, and with the 40,000 that a load
// leaves in TIME_WAIT takes a tenth of a second. But only a process of a network
// namespace of its own has a table there that we cannot ask for otherwise.
func listeners(program int) map[uint64]string {
	own, _ := os.Readlink("/proc/self/ns/net")
	its, err := os.Readlink("/proc/" + strconv.Itoa(program) + "/ns/net")
	if err == nil && its != own {
		return listenersIn("/proc/" + strconv.Itoa(program) + "/net/")
	}
	// If the program has ended, what is left has our network, as a rule.
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
