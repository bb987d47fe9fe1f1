package port

import (
	"errors"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// Free reports whether a program can listen at a port. The kernel refuses to bind any address while a socket listens at
// one of this machine, the loopback's included (ip(7)). Free does not listen: below another hotswap the socket would
// become a gate of that one.
func Free(port int) bool {
	for family, at := range map[int]unix.Sockaddr{unix.AF_INET: &unix.SockaddrInet4{Port: port},
		unix.AF_INET6: &unix.SockaddrInet6{Port: port}} {
		syscall.ForkLock.RLock()
		fd, err := unix.Socket(family, unix.SOCK_STREAM, 0)
		if err == nil {
			unix.CloseOnExec(fd)
		}
		syscall.ForkLock.RUnlock()
		if err != nil {
			continue // the machine has no IPv6
		}
		// as servers do: old connections do not count. BSD would let this bind beside a listener
		if runtime.GOOS == "linux" {
			_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
		}
		err = unix.Bind(fd, at)
		unix.Close(fd)
		if errors.Is(err, unix.EADDRINUSE) || errors.Is(err, unix.EACCES) {
			return false
		}
	}
	return true
}
