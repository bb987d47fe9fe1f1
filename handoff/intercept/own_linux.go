package intercept

import (
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/fdtable"
)

// bound is a socket of the generation that was bound with our help.
type bound struct {
	endpoint handoff.Endpoint
	listens  bool      // it has been a gate since
	missed   time.Time // when it was first found in no process; zero: it is in one
}

const (
	// inFlight is how long a bound socket may be in no process: one that is sent
	// over a unix socket is in its queue until it is received (unix(7)).
	inFlight = 10 * time.Second
	// manyBound is how many sockets are remembered without a look at whether
	// they are still there.
	manyBound = 64
)

// held are the sockets that the generation's processes have open.
type held map[uint64]spot

// spot is a descriptor by which a socket is had.
type spot struct {
	at caller
	fd int
}

func (h held) has(inode uint64) bool { _, ok := h[inode]; return ok }

// own looks at the generation's sockets before a bind, if it matters which are
// still open. It is one pass over all descriptors of the generation, whatever
// the number of sockets in question, and the registry is not locked.
func (s *session) own(e handoff.Endpoint, self uint64) held {
	if len(s.sockets) < s.pruneAt && !s.registry.HasGate(s.gen, e) && !s.inQuestion(e, self) {
		return nil
	}
	h := held{}
	for _, pid := range s.tree() {
		_ = fdtable.Sockets(pid, func(tid, fd int, inode uint64) { h[inode] = spot{caller{tid: tid, pid: pid}, fd} })
	}
	prune(s.sockets, h, time.Now())
	s.pruneAt = max(manyBound, 2*len(s.sockets))
	return h
}

// inQuestion says whether a socket that the generation has bound would exclude
// this bind.
func (s *session) inQuestion(e handoff.Endpoint, self uint64) bool {
	for inode, b := range s.sockets {
		if inode != self && exclude(b.endpoint, e) {
			return true
		}
	}
	return false
}

// prune forgets the sockets that no process has. A gate's can go at once, for
// the registry knows it.
func prune(sockets map[uint64]bound, h held, now time.Time) {
	for inode, b := range sockets {
		switch {
		case h.has(inode):
			b.missed = time.Time{}
		case b.listens || !b.missed.IsZero() && now.Sub(b.missed) >= inFlight:
			delete(sockets, inode)
			continue
		case b.missed.IsZero():
			b.missed = now
		}
		sockets[inode] = b
	}
}

// inItsOwnWay says whether the generation itself has the address, or one that
// excludes it, so that the kernel would refuse this bind had we not made the
// other socket shareable. Programs look for a free port that way.
func (s *session) inItsOwnWay(e handoff.Endpoint, self uint64, h held) bool {
	for inode, b := range s.sockets {
		if inode != self && exclude(b.endpoint, e) && h.still(inode, b) {
			return true
		}
	}
	return false
}

// still says whether a process has the socket, and, where only its bind is
// known, whether that succeeded.
func (h held) still(inode uint64, b bound) bool {
	where, ok := h[inode]
	if !ok || b.listens {
		return ok
	}
	dup, err := where.at.duplicate(where.fd)
	if err != nil {
		return false
	}
	defer unix.Close(dup)
	return isAt(dup, b.endpoint)
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
