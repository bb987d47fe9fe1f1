package intercept

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
)

// lead puts another port in the address of a call, if one stands for it: in the program's own memory, from which the
// kernel reads the address when the call goes on. So the call stays the program's, with its socket's options, blocking
// and signals. A program that uses the same bytes once more binds or connects to the other port, which stands for
// itself.
func (s *session) lead(who caller) {
	if s.Ports == nil {
		return
	}
	raw, err := who.address()
	addr, ok := sockaddr(raw)
	if err != nil || !ok || addr.Port() == 0 {
		return
	}
	port, bind, ip := addr.Port(), who.NR == unix.SYS_BIND, addr.Addr().Unmap()
	switch {
	case !bind && (!ip.IsLoopback() && !ip.IsUnspecified() || s.Ports.Connect(port) == 0), // most
		who.protocol() != "tcp",
		bind && debuggerOf(who.arguments()).listensAt(port, who.proc().Program(), who.tid == who.pid):
		return
	}
	if here, _ := who.proc().IsInOurNetwork(); !here || !who.Waits() {
		return
	}
	if bind {
		port = s.Ports.Bind(port)
	} else {
		port = s.Ports.Connect(port)
	}
	if port != 0 && who.setPort(who.Args[1], port) == nil && s.build && bind { // whose listening is not notified
		s.Ports.Listens(port)
	}
}

// mayBeIP reports whether an address of that many bytes may be one of IP.
func mayBeIP(size uint64) bool {
	return size == unix.SizeofSockaddrInet4 || size == unix.SizeofSockaddrInet6 || size == maxSockaddr
}

// setPort writes the port of the address that is at addr in the caller's memory (ip(7), ipv6(7)).
func (c caller) setPort(addr uint64, port uint16) error {
	fd, err := unix.Open(c.proc().Path("mem"), unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	_, err = unix.Pwrite(fd, binary.BigEndian.AppendUint16(nil, port), int64(addr)+2)
	return err
}

// serves notes that a program listens at an endpoint.
func (s *session) serves(e handoff.Endpoint) {
	if s.Ports != nil && !e.IsUnix() && !e.IsUDP() {
		s.Ports.Listens(e.Port())
	}
}
