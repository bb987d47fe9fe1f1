package intercept

import (
	"net/netip"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/fdtable"
)

// bound is a socket of the generation that was bound with our help.
type bound struct {
	endpoint handoff.Endpoint
	listens  bool // it has been a gate since
}

// inItsOwnWay says whether the generation itself has the address, or one that
// excludes it, so that the kernel would refuse this bind had we not made the
// other socket shareable. Programs look for a free port that way.
func (s *session) inItsOwnWay(e handoff.Endpoint, self uint64) bool {
	for inode, have := range s.sockets {
		if inode != self && exclude(have.endpoint, e) && s.still(inode, have) {
			return true
		}
	}
	return false
}

// still says whether a process of the generation has the socket, and, where
// only its bind is known, whether that succeeded.
func (s *session) still(inode uint64, b bound) bool {
	for _, pid := range s.tree() {
		at, fd, ok := descriptor(pid, inode)
		if !ok || b.listens {
			if ok {
				return true
			}
			continue
		}
		dup, err := at.duplicate(fd)
		if err != nil {
			continue
		}
		is := isAt(dup, b.endpoint)
		_ = unix.Close(dup)
		return is
	}
	return false
}

// descriptor finds the socket among those that the process has open.
func descriptor(pid int, inode uint64) (at caller, fd int, ok bool) {
	fdtable.Sockets(pid, func(tid, n int, i uint64) {
		if i == inode {
			at, fd, ok = caller{tid: tid, pid: pid}, n, true
		}
	})
	return at, fd, ok
}

// isAt says whether the socket is bound to the endpoint: its bind may have
// failed after we had prepared it, and another one, of another port, succeeded.
func isAt(fd int, e handoff.Endpoint) bool {
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return false
	}
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port)) == e.Addr
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(sa.Addr), uint16(sa.Port)) == e.Addr
	}
	return false
}

// exclude says whether only one of two endpoints can be had by sockets that do
// not share.
func exclude(a, b handoff.Endpoint) bool {
	return conflicts(a.Addr, b.Addr) || a.Port() == b.Port() && (takesAll(a) || takesAll(b))
}

// takesAll says whether an endpoint is the wildcard of both families.
func takesAll(e handoff.Endpoint) bool {
	return e.Network == "tcp6" && !e.V6Only && e.Addr.Addr() == netip.IPv6Unspecified()
}
