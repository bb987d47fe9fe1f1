package sockdiag

import (
	"fmt"
	"net"
	"net/netip"

	"golang.org/x/sys/unix"
)

// Network returns the cookie of this process's network namespace, to whose sockets a dump is limited. It
// fails before Linux 5.14 (socket(7), SO_NETNS_COOKIE).
func Network() (cookie uint64, err error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("socket: %w", err)
	}
	defer unix.Close(fd)
	return NetworkOf(fd)
}

// NetworkOf returns the cookie of the network namespace in which a socket was made.
func NetworkOf(fd int) (cookie uint64, err error) {
	return unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_NETNS_COOKIE)
}

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
