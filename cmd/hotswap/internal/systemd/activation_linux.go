package systemd

import (
	"errors"
	"math"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/regular"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// closeOnExec marks all descriptors from first on, if the kernel can (close_range(2), Linux 5.11).
func closeOnExec(first uint) bool {
	return unix.CloseRange(first, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC) == nil
}

// endpointAt returns the endpoint of a listener of TCP, or of streams at a path, of which each generation can have its
// own; zero: the descriptor is something else.
func endpointAt(fd int) (e handoff.Endpoint, err error) {
	unix.CloseOnExec(fd)
	name, err := unix.Getsockname(fd)
	if errors.Is(err, unix.ENOTSOCK) {
		return e, nil
	}
	if err != nil {
		return e, err
	}
	get := func(level, option int) int {
		n, _ := unix.GetsockoptInt(fd, level, option) // 0 with an error, which is none of the values below
		return n
	}
	if path, ok := name.(*unix.SockaddrUnix); ok {
		if get(unix.SOL_SOCKET, unix.SO_TYPE) == unix.SOCK_STREAM && get(unix.SOL_SOCKET, unix.SO_ACCEPTCONN) == 1 &&
			path.Name != "" {
			e.Network, e.Path = "unix", absolute(path.Name)
		}
		return e, nil
	}
	here, known := sockdiag.IsHere(fd) // a service with PrivateNetwork= may have a socket of the machine's network
	device, _ := unix.GetsockoptString(fd, unix.SOL_SOCKET, unix.SO_BINDTODEVICE)
	if get(unix.SOL_SOCKET, unix.SO_PROTOCOL) != unix.IPPROTO_TCP || get(unix.SOL_SOCKET, unix.SO_ACCEPTCONN) != 1 ||
		device != "" || known && !here {
		return e, nil
	}
	v6, is := name.(*unix.SockaddrInet6)
	if is && v6.ZoneId != 0 {
		return e, nil
	}
	return handoff.At("tcp", sockdiag.AddrPort(name), is && get(unix.IPPROTO_IPV6, unix.IPV6_V6ONLY) == 1), nil
}

// absolute returns a path as an endpoint has it, or an abstract name.
func absolute(name string) string {
	dir, err := filepath.Abs(filepath.Dir(name))
	if err != nil || name[0] == '@' {
		return name
	}
	return filepath.Join(regular.Real(dir), filepath.Base(name))
}
