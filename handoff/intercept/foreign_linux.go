package intercept

import (
	"net/netip"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// foreign says whether somebody else listens where e would. Two supervisors of
// one user would otherwise join the same reuseport group and steer each
// other's clients; without us the program would hear EADDRINUSE, and so it
// shall. A listener that appears between this look and the bind is not seen.
func foreign(e handoff.Endpoint, ours func(inode uint64) bool) bool {
	listeners, err := sockdiag.Dump(sockdiag.Query{States: []sockdiag.State{sockdiag.Listen}, Port: e.Port()})
	if err != nil {
		return false // the kernel's own check remains
	}
	for _, l := range listeners {
		if !ours(l.Inode) && conflicts(e.Addr, l.Local) {
			return true
		}
	}
	return false
}

// listens says whether the socket listens: then it is bound already, and not to
// be replaced by one of ours.
func listens(inode uint64) bool {
	all, _ := listeners() // without an answer it is not known to
	_, ok := all[inode]
	return ok
}

// conflicts says whether two sockets bound to these addresses get in each
// other's way, if neither shares.
func conflicts(a, b netip.AddrPort) bool {
	if a.Port() != b.Port() {
		return false
	}
	x, y := a.Addr().Unmap(), b.Addr().Unmap()
	if x == y {
		return true
	}
	if x.Is4() == y.Is4() {
		return x.IsUnspecified() || y.IsUnspecified()
	}
	// The IPv6 wildcard serves IPv4 too, unless V6ONLY, which the dump does
	// not tell: leave that case to the kernel.
	return false
}
