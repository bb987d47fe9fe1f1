package sockdiag

import (
	"net"
	"net/netip"

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

// Own are the addresses of this machine.
type Own map[netip.Addr]bool

// OwnAddresses returns them.
func OwnAddresses() Own {
	own := make(Own)
	all, _ := net.InterfaceAddrs()
	for _, one := range all {
		if p, err := netip.ParsePrefix(one.String()); err == nil {
			own[p.Addr().Unmap()] = true
		}
	}
	return own
}

// Has reports whether the address is one of this machine.
func (own Own) Has(a netip.Addr) bool { return a.Unmap().IsLoopback() || own[a.Unmap().WithZone("")] }
