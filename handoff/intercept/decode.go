package intercept

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/netip"
	"strconv"
)

// ErrUnsupported is returned on another operating system or architecture.
var ErrUnsupported = errors.New("interception is not supported here")

// Address families of Linux.
const afUnix, inet, inet6 = 1, 2, 10

// maxSockaddr is sizeof(struct sockaddr_storage): the kernel refuses more.
const maxSockaddr = 128

// sockaddr reads a struct sockaddr_in or sockaddr_in6 (ip(7), ipv6(7)). ok is false for what the kernel alone
// handles: another family, or too few bytes. A scope becomes the zone, in digits.
func sockaddr(b []byte) (addr netip.AddrPort, ok bool) {
	has := func(family uint16, size int) bool { return len(b) >= size && binary.NativeEndian.Uint16(b) == family }
	var ip netip.Addr
	switch {
	case has(inet, 16):
		ip = netip.AddrFrom4([4]byte(b[4:8]))
	case has(inet6, 24): // SIN6_LEN_RFC2133: the scope may be missing
		ip = netip.AddrFrom16([16]byte(b[8:24]))
		if len(b) >= 28 && binary.NativeEndian.Uint32(b[24:]) != 0 {
			ip = ip.WithZone(strconv.FormatUint(uint64(binary.NativeEndian.Uint32(b[24:])), 10))
		}
	default:
		return addr, false
	}
	return netip.AddrPortFrom(ip, binary.BigEndian.Uint16(b[2:])), true
}

// unixAddress reads a struct sockaddr_un (unix(7)) and returns the name as the Go library writes it: an
// abstract name begins with "@". ok is false for another family and for an address without a name, for which
// the kernel chooses a unique one (autobind).
func unixAddress(b []byte) (name string, ok bool) {
	if len(b) < 3 || binary.NativeEndian.Uint16(b) != afUnix {
		return "", false
	}
	path := b[2:]
	if path[0] == 0 {
		return "@" + string(path[1:]), len(path) > 1
	}
	path, _, _ = bytes.Cut(path, []byte{0}) // the length may include what follows
	return string(path), true
}
