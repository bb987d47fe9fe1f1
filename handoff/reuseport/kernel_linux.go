package reuseport

import (
	"errors"
	"fmt"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// Kernel is the Kernel of Linux. It has no state but a reserve of
// descriptors and a netlink socket to ask by.
type SystemKernel struct{}

var _ Kernel = SystemKernel{}

const tcpListen = 10 // TCP_LISTEN, net/tcp_states.h

// Open makes a non-blocking socket bound to e, shareable, not listening.
func (SystemKernel) Open(e handoff.Endpoint) (int, error) {
	family, addr := unix.AF_INET, unix.Sockaddr(nil)
	if ip := e.Addr.Addr(); ip.Is4() {
		addr = &unix.SockaddrInet4{Port: int(e.Port()), Addr: ip.As4()}
	} else {
		family, addr = unix.AF_INET6, &unix.SockaddrInet6{Port: int(e.Port()), Addr: ip.As16()}
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.IPPROTO_TCP)
	if err != nil {
		return -1, fmt.Errorf("socket: %w", err)
	}
	set := func(level, opt, value int) {
		if err == nil {
			err = unix.SetsockoptInt(fd, level, opt, value)
		}
	}
	set(unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	set(unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	if family == unix.AF_INET6 {
		only := 0
		if e.V6Only {
			only = 1
		}
		set(unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, only)
	}
	if err == nil {
		err = unix.Bind(fd, addr)
	}
	if err != nil {
		_ = unix.Close(fd)
		return -1, fmt.Errorf("bind: %w", err)
	}
	return fd, nil
}

// Inode is the socket's number in sockfs.
func (SystemKernel) Inode(fd int) (uint64, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return 0, err
	}
	return st.Ino, nil
}

// Share is SO_REUSEPORT, which a listening socket may be given late: the kernel
// makes the group when a second socket joins (reuseport_add_sock).
func (SystemKernel) SetReusePort(fd int) error {
	return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
}

// Listen is listen(2); on a listening socket it changes the backlog only
// (__inet_listen_sk).
func (SystemKernel) Listen(fd, backlog int) error { return unix.Listen(fd, backlog) }

// Steer attaches the program to the group of fd.
func (SystemKernel) Steer(fd int, to Route) error {
	return attach(fd, unix.SO_ATTACH_REUSEPORT_CBPF, Program(to))
}

func attach(fd, option int, prog []Instr) error {
	fprog := unix.SockFprog{Len: uint16(len(prog)), Filter: (*unix.SockFilter)(unsafe.Pointer(&prog[0]))}
	return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, option, &fprog)
}

// Queue reads tcp_info, which on a listening socket has the queue's length in
// tcpi_unacked (tcp_get_info).
func (SystemKernel) Queue(fd int) (int, bool, error) {
	info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil {
		return 0, true, err
	}
	if info.State != tcpListen {
		return 0, false, nil
	}
	return int(info.Unacked), true, nil
}

// Accept is accept4(2). Whether it blocks is a flag of the open file, which the
// program chose (fcntl(2), F_SETFL): only a gate whose program has ended is
// asked, and whoever is given it next has the flag set as it wants it.
func (SystemKernel) Accept(fd int) (int, bool) {
	if unix.SetNonblock(fd, true) != nil {
		return -1, false
	}
	for {
		conn, _, err := unix.Accept4(fd, unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
		switch err {
		case nil:
			return conn, true
		case unix.EINTR, unix.ECONNABORTED:
		default:
			return -1, false
		}
	}
}

// HalfOpen are the clients in state SYN_RECV at the endpoint's address.
func (SystemKernel) HalfOpen(e handoff.Endpoint) (map[netip.AddrPort]struct{}, error) {
	sockets, err := sockdiag.Dump(sockdiag.Query{States: []sockdiag.State{sockdiag.SynRecv}, Port: e.Port()})
	if err != nil {
		return nil, err
	}
	out := map[netip.AddrPort]struct{}{}
	for _, s := range sockets {
		if s.State == sockdiag.SynRecv && s.Local.Port() == e.Port() {
			out[s.Remote] = struct{}{}
		}
	}
	return out, nil
}

// Leave is shutdown(SHUT_RD): on a listening socket it ends the listening,
// whoever else holds it (inet_shutdown, reuseport_stop_listen_sock).
func (SystemKernel) Shutdown(fd int) error {
	err := unix.Shutdown(fd, unix.SHUT_RD)
	if errors.Is(err, unix.ENOTCONN) {
		return nil
	}
	return err
}

// Close closes the descriptor.
func (SystemKernel) Close(fd int) error { return unix.Close(fd) }
