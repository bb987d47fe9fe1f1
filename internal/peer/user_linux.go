package peer

import (
	"net/netip"
	"os"

	"github.com/hotswap-dev/hotswap/internal/procfs"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// Ends are the addresses of a connection as the server's socket has them.
type Ends struct{ Local, Peer netip.AddrPort }

// Inode returns the number of the client's socket, or 0. It returns 0 for a client of another user, too: a relay would speak
// for that user in its own name.
func Inode(e Ends) uint64 {
	s, found, err := lookup(e)
	if err != nil || !found || s.UID != uint32(os.Geteuid()) {
		return 0
	}
	return s.Inode
}

// OfUser reports whether each of the clients is one of this machine and user, or one of this machine that has closed its
// end. This process's own connections are none.
func OfUser(ends []Ends) bool {
	own, open := sockdiag.OwnAddresses(), make(map[uint64]bool)
	for _, e := range ends {
		s, found, err := lookup(e)
		switch {
		case err != nil || !own.Has(e.Peer.Addr()):
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

// lookup returns the client's socket.
func lookup(e Ends) (s sockdiag.Socket, found bool, err error) {
	s, found, err = sockdiag.Lookup(sockdiag.Name{Local: e.Peer, Remote: e.Local})
	if s.State == sockdiag.Listen { // the kernel answers with a listener where no connection is
		return sockdiag.Socket{}, false, err
	}
	return s, found, err
}
