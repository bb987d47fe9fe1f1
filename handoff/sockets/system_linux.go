package sockets

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/unixpath"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// System is Linux, as the [reuseport.Kernel] that package reuseport asks.
type System struct{ unixpath.Files }

// Open returns a non-blocking socket. The bind fails where the other sockets of the address are another user's
// (inet_csk_bind_conflict).
func (k System) Open(e handoff.Endpoint, user int) (int, error) {
	if e.IsUnix() {
		return k.OpenBeside(e)
	}
	family, kind := Family(e.Addr.Addr()), unix.SOCK_STREAM
	if e.IsUDP() {
		kind = unix.SOCK_DGRAM
	}
	fd, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return -1, fmt.Errorf("socket: %w", err)
	}
	set := func(level, opt, value int) {
		if err == nil {
			err = unix.SetsockoptInt(fd, level, opt, value)
		}
	}
	if !e.IsUDP() {
		set(unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	}
	set(unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	if family == unix.AF_INET6 {
		only := 0
		if e.V6Only {
			only = 1
		}
		set(unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, only)
	}
	_ = unix.Fchown(fd, user, -1) // sockfs_setattr
	if err == nil && !e.IsUDP() {
		err = k.Bind(fd, e)
	}
	if err != nil {
		unix.Close(fd)
		return -1, fmt.Errorf("bind: %w", err)
	}
	return fd, nil
}

func (System) Bind(fd int, e handoff.Endpoint) error {
	return unix.Bind(fd, Address(e.Addr.Addr(), int(e.Port())))
}

// Inode returns the number in sockfs, and the owner there, which the kernel compares (sock_i_uid).
func (System) Inode(fd int) (inode uint64, user uint32, err error) {
	var st unix.Stat_t
	err = unix.Fstat(fd, &st)
	return st.Ino, st.Uid, err
}

// SetReusePort works on a listening socket too: the kernel makes the group when a second socket joins
// (reuseport_add_sock).
func (System) SetReusePort(fd int) error {
	return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
}

// Listen is listen(2); on a listening socket it only changes the backlog (__inet_listen_sk).
func (System) Listen(fd, backlog int) error { return unix.Listen(fd, backlog) }

// Steer attaches the program to the group of fd.
func (System) Steer(fd int, to Route) error {
	prog := Program(to)
	return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_REUSEPORT_CBPF,
		&unix.SockFprog{Len: uint16(len(prog)), Filter: &prog[0]})
}

// Queue reads tcp_info: for a listening socket tcpi_unacked is the length of the queue (tcp_get_info). Of UDP it asks
// for the size of the next datagram (udp(7), FIONREAD): one without content does not count.
func (System) Queue(fd int) (int, bool) {
	info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
	if err == unix.EOPNOTSUPP || err == unix.ENOPROTOOPT { // ip_getsockopt, ipv6_getsockopt
		if protocol, _ := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PROTOCOL); protocol == unix.IPPROTO_UDP {
			_, err = unix.Getpeername(fd)
			size, _ := unix.IoctlGetInt(fd, unix.SIOCINQ)
			return min(size, 1), err != nil
		}
		return unixpath.Queue(fd)
	}
	if err != nil {
		return -1, true
	}
	if sockdiag.State(info.State) != sockdiag.Listen {
		return 0, false
	}
	return int(info.Unacked), true
}

// Accept is accept4(2). It changes O_NONBLOCK, a flag of the open file that the program has too (fcntl(2), F_SETFL):
// only gates without a program are accepted from, and a gate gets the next program's flag when it is handed over.
func (System) Accept(fd int) int {
	if unix.SetNonblock(fd, true) != nil {
		return -1
	}
	for {
		conn, from, err := unix.Accept4(fd, unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
		_, local := from.(*unix.SockaddrUnix)
		switch {
		case err == nil && local && unixpath.Over(conn):
			unix.Close(conn)
		case err == nil:
			return conn
		case err == unix.EINTR, err == unix.ECONNABORTED:
		default:
			return -1
		}
	}
}

// Handshakes asks sock_diag for one family only: for each the kernel walks through its table of all connections.
func (System) Handshakes(e handoff.Endpoint) (out []sockdiag.Name) {
	if e.IsUnix() || e.IsUDP() { // connect(2) returns when the connection is in the queue
		return nil
	}
	all, _ := sockdiag.Dump(sockdiag.Query{Family: sockdiag.FamilyOf(e.Network), Port: e.Port(),
		States: 1 << sockdiag.SynRecv})
	for _, s := range all {
		out = append(out, s.Name())
	}
	return out
}

// Listeners asks sock_diag. The kernel puts a new socket of IPv4 at the head of its list, and one of IPv6
// with SO_REUSEPORT at the end (__inet_hash, udp_lib_get_port). Some kernels list no UDP.
func (System) Listeners(udp bool, port uint16) (out []Listener) {
	protocol, q := "tcp", sockdiag.Query{States: 1 << sockdiag.Listen, Port: port}
	if udp {
		protocol, q.UDP, q.States = "udp", true, 1<<sockdiag.Unconnected|1<<sockdiag.Established
	}
	all, _ := sockdiag.Dump(q)
	for _, s := range all {
		at := len(out)
		if s.Local.Addr().Is4() { // these come before those of IPv6
			at = 0
		}
		out = slices.Insert(out, at, Listener{Endpoint: handoff.At(protocol, s.Local, s.V6Only), Inode: s.Inode,
			User: s.UID, Device: s.Device != 0, Connected: s.State == sockdiag.Established})
	}
	return out
}

// Shutdown is shutdown(SHUT_RD), which ends listening for all processes that have the socket (inet_shutdown,
// reuseport_stop_listen_sock).
func (System) Shutdown(fd int) error {
	return unix.Shutdown(fd, unix.SHUT_RD)
}

func (System) Close(fd int) { _ = unix.Close(fd) }

// Family returns the address family.
func Family(ip netip.Addr) int {
	if ip.Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}

// Address returns the address for bind(2) and connect(2). A zone is a scope, in digits.
func Address(ip netip.Addr, port int) unix.Sockaddr {
	if ip.Is4() {
		return &unix.SockaddrInet4{Port: port, Addr: ip.As4()}
	}
	scope, _ := strconv.ParseUint(ip.Zone(), 10, 32)
	return &unix.SockaddrInet6{Port: port, Addr: ip.As16(), ZoneId: uint32(scope)}
}
