package peer

import (
	"net/netip"
	"os"

	"github.com/hotswap-dev/hotswap/internal/fdtable"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// Ends are the addresses of a connection as the server's socket has them.
type Ends struct{ Local, Peer netip.AddrPort }

// Inode returns the number of the client's socket, or 0.
func Inode(e Ends) uint64 {
	diag, err := sockdiag.Open()
	if err != nil {
		return 0
	}
	defer diag.Close()
	return inode(diag, e)
}

// inode returns 0 for a client of another user, too: a relay would speak for that user in its own name.
func inode(diag *sockdiag.Conn, e Ends) uint64 {
	s, found, err := lookup(diag, e)
	if err != nil || !found || s.UID != uint32(os.Geteuid()) {
		return 0
	}
	return s.Inode
}

// OfUser reports whether each of the clients is one of this machine and user, or one of this machine that has closed its
// end. This process's own connections are none.
func OfUser(ends []Ends) bool {
	diag, err := sockdiag.Open()
	if err != nil {
		return false
	}
	defer diag.Close()
	own, open := sockdiag.OwnAddresses(), make(map[uint64]bool)
	for _, e := range ends {
		s, found, err := lookup(diag, e)
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
	return !fdtable.HasAny(os.Getpid(), open)
}

// lookup returns the client's socket.
func lookup(diag *sockdiag.Conn, e Ends) (s sockdiag.Socket, found bool, err error) {
	unmap := func(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }
	s, found, err = diag.Lookup(sockdiag.Name{Local: unmap(e.Peer), Remote: unmap(e.Local)})
	if s.State == sockdiag.Listen { // the kernel answers with a listener where no connection is
		return sockdiag.Socket{}, false, err
	}
	return s, found, err
}
