package sockdiag

import (
	"net"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"
)

// AddrPort returns the address of an IPv4 or IPv6 socket.
func AddrPort(s unix.Sockaddr) netip.AddrPort {
	switch s := s.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(s.Addr), uint16(s.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(s.Addr), uint16(s.Port))
	}
	return netip.AddrPort{}
}

func IsOwn(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	all, _ := net.InterfaceAddrs()
	return a.IsLoopback() || slices.ContainsFunc(all, func(one net.Addr) bool {
		p, err := netip.ParsePrefix(one.String())
		return err == nil && p.Addr().Unmap() == a
	})
}
