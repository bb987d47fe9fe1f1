//go:build linux || darwin || freebsd

package control

import (
	"errors"
	"net"
	"syscall"
)

// withDescriptor calls f with the connection's descriptor.
func withDescriptor(c net.Conn, f func(fd int) error) error {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return errors.New("not a socket")
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return err
	}
	if failed := raw.Control(func(fd uintptr) { err = f(int(fd)) }); failed != nil {
		return failed
	}
	return err
}
