package intercept

import (
	"errors"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/reuseport"
	"github.com/hotswap-dev/hotswap/handoff/sockets"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// isShared reports whether hotswap hands the address over: not one with a scope or of a device. A socket of UDP must be
// known, and neither share its address already, as those of multicast and broadcast do, nor be bound to a group.
func (k socket) isShared(addr netip.Addr, inspected bool) bool {
	if k.device != "" || addr.Zone() != "" {
		return false
	}
	return k.protocol == "tcp" || inspected && !k.reuseaddr && !addr.IsMulticast() &&
		addr != netip.MustParseAddr("255.255.255.255")
}

// bindDatagram binds a socket of UDP through its duplicate, which makes it a gate, and answers. The duplicate of a gate
// is the registry's: dup becomes -1.
func (s *session) bindDatagram(who caller, e handoff.Endpoint, inode uint64, dup *int) (answered bool) {
	if s.registry.IsGate(inode) || !who.Waits() {
		return false // the kernel refuses a second bind
	}
	more, known := s.registry.Serves(s.gen, e)
	err := unix.SetsockoptInt(*dup, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	if err == nil {
		_, err = s.registry.Listen(reuseport.ListenRequest{Gen: s.gen, Inode: inode, Endpoint: e, Dup: *dup})
	}
	if err != nil {
		return s.refuse(who, e, err)
	}
	*dup = -1
	s.served(who, e, inode, more, known)
	return true
}

// served reports that a gate of UDP is bound, and answers the bind. Datagrams wait in the queue until the program reads
// them, so there is nothing to probe. A further socket of the generation is no news: see
// [reuseport.Registry.WatchClosed]. Unless a generation is known to serve the address, it may be that of a client:
// Ruby's resolver binds another one for each question, until the answer. So it counts when it lasts.
func (s *session) served(who caller, e handoff.Endpoint, inode uint64, more, known bool) {
	s.remember(inode, bound{endpoint: e, listens: true})
	late, _ := s.registry.IsReady(s.gen, e)
	heard := handoff.Listening{Gen: s.gen, Endpoint: e, Late: late}
	switch {
	case !known:
		s.tasks.Go(func() {
			waited := wait.For(s.ctx, anotherWithin) == nil
			open, unknown := sockets.System{}.Sockets(s.tree())
			// not connected, and not closed
			if this, _ := s.registry.Serves(s.gen, e); waited && this && (open.Has(inode) || unknown != nil) {
				s.report(heard)
			}
		})
	case !more:
		s.report(heard)
	}
	who.Return(0)
}

// errKind and errOwn say why an address is not handed over.
var (
	errKind = errors.New("hotswap does not share sockets of this kind")
	errOwn  = errors.New(
		"the older one opened it while it served a client, perhaps for that client alone; --listen keeps a TCP port for all generations")
)

// foresee reports that the kernel will refuse the bind of a socket that is not shared, because of an older generation.
func (s *session) foresee(e handoff.Endpoint, like socket, inspected bool) {
	to := e
	to.Addr = netip.AddrPortFrom(e.Addr.Addr().WithZone(""), e.Port())
	if s.isOlder(to) && like.refused(e.Addr, inspected) {
		s.unshared(e.Short(), errKind)
	}
}

// refused reports whether the kernel refuses to bind a like socket of hotswap, because the address is in use.
func (k socket) refused(to netip.AddrPort, inspected bool) bool {
	kind := unix.SOCK_DGRAM
	if k.protocol == "tcp" {
		kind = unix.SOCK_STREAM
	}
	fd, err := unix.Socket(sockets.Family(to.Addr()), kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	set := func(level, option int, on bool) {
		if on {
			_ = unix.SetsockoptInt(fd, level, option, 1)
		}
	}
	set(unix.SOL_SOCKET, unix.SO_REUSEADDR, k.reuseaddr || !inspected)
	set(unix.SOL_SOCKET, unix.SO_REUSEPORT, k.reuseport || !inspected)
	set(unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, k.v6only)
	if k.device != "" && unix.SetsockoptString(fd, unix.SOL_SOCKET, unix.SO_BINDTODEVICE, k.device) != nil {
		return false
	}
	return unix.Bind(fd, sockets.Address(to.Addr(), int(to.Port()))) == unix.EADDRINUSE
}

// isOlder reports whether a process of an older generation has a socket that excludes the endpoint.
func (s *session) isOlder(e handoff.Endpoint) bool {
	all := sockets.System{}.Listeners(e.IsUDP(), e.Port()) // on an error nothing is known
	return slices.ContainsFunc(all, func(l sockets.Listener) bool {
		return l.Endpoint.Excludes(e) && s.registry.OpenElsewhere(s.gen, l.Inode)
	})
}
