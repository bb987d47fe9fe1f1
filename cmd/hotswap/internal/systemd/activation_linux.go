package systemd

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// CloseInherited keeps the program from inheriting the descriptors that this process has
// inherited besides the standard streams: a shell's `7<file`, a job server's pipe. It marks
// them close-on-exec; hotswap passes descriptors on as duplicates without that mark.
func CloseInherited() {
	const first = 3
	if unix.CloseRange(first, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC) == nil {
		return
	}
	// Linux before 5.11 (close_range(2)).
	entries, _ := os.ReadDir("/proc/self/fd")
	for _, e := range entries {
		if fd, err := strconv.Atoi(e.Name()); err == nil && fd >= first {
			unix.CloseOnExec(fd)
		}
	}
}

// socketAt returns the endpoint of a TCP listener of which each generation can have its own,
// or says what else the descriptor is.
func socketAt(fd int) (e handoff.Endpoint, what string, err error) {
	unix.CloseOnExec(fd)
	kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if errors.Is(err, unix.ENOTSOCK) {
		return e, fmt.Sprintf("descriptor %d", fd), nil
	}
	if err != nil {
		return e, "", err
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		return e, "", err
	}
	e.Network, e.Addr, what = socketName(name, kind)
	get := func(level, option int) int {
		n, err := unix.GetsockoptInt(fd, level, option)
		if err != nil {
			return -1
		}
		return n
	}
	device, _ := unix.GetsockoptString(fd, unix.SOL_SOCKET, unix.SO_BINDTODEVICE)
	if e.Network == "" || get(unix.SOL_SOCKET, unix.SO_PROTOCOL) != unix.IPPROTO_TCP || get(unix.SOL_SOCKET, unix.SO_ACCEPTCONN) != 1 || device != "" {
		return handoff.Endpoint{}, what, nil
	}
	if elsewhere(fd) { // a service with PrivateNetwork=, its socket unit without
		return handoff.Endpoint{}, what + " of another network namespace", nil
	}
	e.V6Only = e.Network == "tcp6" && get(unix.IPPROTO_IPV6, unix.IPV6_V6ONLY) == 1
	return e, "", nil
}

// elsewhere reports whether a socket is of another network namespace than hotswap's, so that
// no socket of hotswap's could share its address.
func elsewhere(fd int) bool {
	own, err := sockdiag.Network()
	its, err2 := sockdiag.NetworkOf(fd)
	return err == nil && err2 == nil && own != its
}

// socketName returns a socket's address, and its name for people. The network is empty unless
// the socket is a stream socket with an address without a scope.
func socketName(name unix.Sockaddr, kind int) (network string, addr netip.AddrPort, what string) {
	var scope uint32
	switch name := name.(type) {
	case *unix.SockaddrInet4:
		network, addr = "tcp4", netip.AddrPortFrom(netip.AddrFrom4(name.Addr), uint16(name.Port))
	case *unix.SockaddrInet6:
		network, addr, scope = "tcp6", netip.AddrPortFrom(netip.AddrFrom16(name.Addr), uint16(name.Port)), name.ZoneId
	case *unix.SockaddrUnix:
		return "", addr, "unix " + name.Name
	default:
		return "", addr, "a socket of another kind"
	}
	switch {
	case kind == unix.SOCK_DGRAM:
		return "", addr, "udp " + addr.String()
	case kind != unix.SOCK_STREAM || scope != 0:
		return "", addr, addr.String()
	}
	return network, addr, "tcp " + addr.String()
}
