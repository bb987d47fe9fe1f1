package intercept

import (
	"encoding/binary"
	"errors"
	"net/netip"
)

// ErrUnsupported is returned where the mechanism does not exist: another
// operating system or architecture.
var ErrUnsupported = errors.New("interception is not supported here")

// Address families of Linux.
const inet, inet6 = 2, 10

// maxSockaddr is sizeof(struct sockaddr_storage): the kernel refuses more.
const maxSockaddr = 128

// sockaddr reads a struct sockaddr_in or sockaddr_in6 (ip(7), ipv6(7)). ok is
// false for what is not ours to hold: another family, port 0, an address with
// a scope, or too short to be valid, which is the kernel's to refuse.
func sockaddr(b []byte) (addr netip.AddrPort, ok bool) {
	if len(b) < 2 {
		return addr, false
	}
	var ip netip.Addr
	switch binary.NativeEndian.Uint16(b) {
	case inet:
		if len(b) < 16 {
			return addr, false
		}
		ip = netip.AddrFrom4([4]byte(b[4:8]))
	case inet6:
		if len(b) < 24 { // SIN6_LEN_RFC2133: the scope may be missing
			return addr, false
		}
		if len(b) >= 28 && binary.NativeEndian.Uint32(b[24:]) != 0 {
			return addr, false
		}
		ip = netip.AddrFrom16([16]byte(b[8:24]))
	default:
		return addr, false
	}
	port := binary.BigEndian.Uint16(b[2:])
	return netip.AddrPortFrom(ip, port), port != 0
}
