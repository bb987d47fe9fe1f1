package sockets

import (
	"cmp"
	"strconv"

	"github.com/hotswap-dev/hotswap/internal/procfs"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// Lookup asks sock_diag. A dump ([System.Handshakes]) would walk the kernel's table of all connections, which takes
// milliseconds.
func (System) Lookup(c sockdiag.Name) (sockdiag.Socket, error) { return sockdiag.Lookup(c) }

// Sockets reads the descriptor tables of the processes. A process that has ended has none.
func (System) Sockets(pids []int) (open Open, err error) {
	open = Open{}
	for _, pid := range pids {
		err = cmp.Or(err, procfs.Sockets(pid, func(tid, fd int, inode uint64) { open[inode] = Descriptor{tid, fd} }))
	}
	return open, err
}

// HasOpen reads one link of the descriptor table. A zombie has none.
func (System) HasOpen(at Descriptor, inode uint64) (open, lives bool) {
	if procfs.Inode(at.TID, at.FD) == inode {
		return true, true
	}
	st, err := procfs.Of(at.TID).Stat()
	return false, err == nil && st.State() != 'Z' && st.State() != 'X'
}

// InFlight asks the unix sockets at which the descriptors arrive (unix_show_fdinfo, since Linux 5.6).
func (System) InFlight(pids []int) (some bool) {
	for _, pid := range pids {
		_ = procfs.Sockets(pid, func(tid, fd int, _ uint64) {
			info, _ := procfs.Of(tid).Read("fdinfo/" + strconv.Itoa(fd))
			some = some || procfs.Number(info, "scm_fds", 10) > 0
		})
	}
	return some
}
