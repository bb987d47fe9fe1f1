package peer

import (
	"os"

	"github.com/hotswap-dev/hotswap/internal/procfs"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// Inode returns the number of the client's socket, or 0. It returns 0 for a client of another user, too: a relay would speak
// for that user in its own name.
func Inode(at sockdiag.Name) uint64 {
	s, found, err := lookup(at)
	if err != nil || !found || s.UID != uint32(os.Geteuid()) {
		return 0
	}
	return s.Inode
}

// OfUser reports whether each of the clients is one of this machine and user, or one of this machine that has closed its
// end. This process's own connections are none.
func OfUser(ends []sockdiag.Name) bool {
	own, open := sockdiag.OwnAddresses(), make(map[uint64]bool)
	for _, e := range ends {
		s, found, err := lookup(e)
		switch {
		case err != nil || !own.Has(e.Remote.Addr()):
			return false
		case !found || s.Inode == 0 && s.State != sockdiag.Established: // closed
		case s.Inode == 0 || s.UID != uint32(os.Geteuid()):
			return false
		}
		open[s.Inode] = found
	}
	delete(open, 0)
	return procfs.Holder([]int{os.Getpid()}, open) == 0
}

// lookup returns the client's socket, to whose connection the server's socket has that name.
func lookup(at sockdiag.Name) (s sockdiag.Socket, found bool, err error) {
	s, found, err = sockdiag.Lookup(at.Peer())
	if s.State == sockdiag.Listen { // the kernel answers with a listener where no connection is
		return sockdiag.Socket{}, false, err
	}
	return s, found, err
}
