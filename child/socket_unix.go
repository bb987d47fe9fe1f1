//go:build unix

package child

import (
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// inherit returns the socket, or nil if the descriptor is none that this process has inherited. A descriptor
// that was opened since then is close-on-exec, as package os and package net open them.
func inherit(p number) *Socket {
	flags, err := unix.FcntlInt(uintptr(p.fd), unix.F_GETFD, 0)
	if err != nil || flags&unix.FD_CLOEXEC != 0 {
		return nil
	}
	kind, err := unix.GetsockoptInt(p.fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil {
		return nil
	}
	unix.CloseOnExec(p.fd)
	at, err := unix.Getsockname(p.fd)
	if err != nil {
		return nil
	}
	addr := address(at, kind)
	if addr == nil {
		return nil
	}
	return &Socket{Addr: addr, Name: p.name, stream: kind != unix.SOCK_DGRAM, file: os.NewFile(uintptr(p.fd), addr.String())}
}

// inodeAt identifies the socket of an inherited descriptor; 0: there is none.
func inodeAt(fd int) uint64 {
	var st unix.Stat_t
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
	if err != nil || flags&unix.FD_CLOEXEC != 0 || unix.Fstat(fd, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFSOCK {
		return 0
	}
	return uint64(st.Ino)
}

func closeInherited(fd int) { _ = unix.Close(fd) }

func address(at unix.Sockaddr, kind int) net.Addr {
	var ip net.IP
	port := 0
	switch at := at.(type) {
	case *unix.SockaddrUnix:
		return &net.UnixAddr{Name: at.Name, Net: map[int]string{unix.SOCK_STREAM: "unix", unix.SOCK_SEQPACKET: "unixpacket", unix.SOCK_DGRAM: "unixgram"}[kind]}
	case *unix.SockaddrInet4:
		ip, port = at.Addr[:], at.Port
	case *unix.SockaddrInet6:
		ip, port = at.Addr[:], at.Port
	default:
		return nil
	}
	switch kind {
	case unix.SOCK_STREAM:
		return &net.TCPAddr{IP: ip, Port: port}
	case unix.SOCK_DGRAM:
		return &net.UDPAddr{IP: ip, Port: port}
	}
	return nil
}
