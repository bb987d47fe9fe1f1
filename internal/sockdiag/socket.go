package sockdiag

import (
	"encoding/binary"
	"errors"
	"math"
	"net"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"
)

// State is a TCP state as the kernel numbers it (net/tcp_states.h).
type State uint8

// States that hotswap asks for.
const (
	Established State = 1
	SynRecv     State = 3
	FinWait1    State = 4
	FinWait2    State = 5
	TimeWait    State = 6
	Unconnected State = 7 // of UDP (TCP_CLOSE)
	CloseWait   State = 8
	Listen      State = 10
)

// Socket is one TCP or UDP socket of this network namespace.
type Socket struct {
	State         State
	Local, Remote netip.AddrPort
	UID           uint32
	V6Only        bool   // of a listener of IPv6: it serves no IPv4 (IPV6_V6ONLY)
	Inode         uint64 // 0 while no process has a descriptor of it
	Cookie        uint64 // the kernel's unique name of the socket (SO_COOKIE)
	Device        uint32 // the device to which the socket is bound (SO_BINDTODEVICE), or 0
	// Receive is the unread input in bytes; for a listener the number of connections that wait.
	Receive uint32
	// Send is the output not yet acknowledged, in bytes; for a listener the backlog.
	Send uint32
	// Info is struct tcp_info, if it was asked for. Its length depends on the kernel.
	Info []byte
}

type Family uint8

// A dual-stack socket is one of IPv6, its IPv4 addresses mapped.
const (
	Both Family = 0
	IPv4 Family = 2
	IPv6 Family = 10
)

// FamilyOf returns the family of a socket of "tcp4", or else that of "tcp6". What the socket has accepted, and each
// handshake, has the same family (inet_reqsk_alloc).
func FamilyOf(network string) Family {
	if network == "tcp4" {
		return IPv4
	}
	return IPv6
}

type Query struct {
	States uint32 // bits, as 1<<Established
	Family Family
	Port   uint16 // local; 0 is any
	Remote uint16 // the same of the other end
	UDP    bool   // sockets of UDP, not of TCP
	Info   bool   // tcp_info too
}

// Name identifies a connection by the addresses that one of its two sockets has.
type Name struct{ Local, Remote netip.AddrPort }

var errShort = errors.New("sock_diag: short message")

const (
	msgLen    = 72 // sizeof(struct inet_diag_msg), linux/inet_diag.h
	extInfo   = 2  // INET_DIAG_INFO
	extV6Only = 11 // INET_DIAG_SKV6ONLY, which the kernel always tells of a listener
)

// request is struct inet_diag_req_v2 for one family.
func request(q Query) []byte {
	b := make([]byte, 56) // sizeof(struct inet_diag_req_v2)
	b[0] = byte(q.Family)
	b[1] = 6 // IPPROTO_TCP
	if q.UDP {
		b[1] = 17 // IPPROTO_UDP
	}
	if q.Info {
		b[2] |= 1 << (extInfo - 1)
	}
	binary.NativeEndian.PutUint32(b[4:], q.States)
	binary.BigEndian.PutUint16(b[8:], q.Port)
	binary.BigEndian.PutUint16(b[10:], q.Remote)
	return b
}

// exact is the request for one connection.
func exact(n Name) []byte {
	n.Local, n.Remote = unmapped(n.Local), unmapped(n.Remote) // a socket of IPv6 has its clients of IPv4, too
	q := Query{Family: IPv6, Port: n.Local.Port(), Remote: n.Remote.Port()}
	if n.Local.Addr().Is4() {
		q.Family = IPv4
	}
	b := request(q)
	copy(b[12:28], n.Local.Addr().AsSlice())
	copy(b[28:44], n.Remote.Addr().AsSlice())
	binary.NativeEndian.PutUint64(b[48:], math.MaxUint64) // INET_DIAG_NOCOOKIE: any
	return b
}

func unmapped(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

// Name returns the addresses of a connection, those of IPv4 not mapped.
func (s Socket) Name() Name { return Name{unmapped(s.Local), unmapped(s.Remote)} }

// parse reads struct inet_diag_msg and its attributes.
func parse(b []byte) (Socket, error) {
	if len(b) < msgLen {
		return Socket{}, errShort
	}
	ne, be := binary.NativeEndian, binary.BigEndian
	word := func(at int) uint32 { return ne.Uint32(b[at:]) }
	addr := func(at int, port uint16) netip.AddrPort {
		if Family(b[0]) == IPv4 {
			return netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[at:at+4])), port)
		}
		return netip.AddrPortFrom(netip.AddrFrom16([16]byte(b[at:at+16])), port)
	}
	s := Socket{
		State:   State(b[1]),
		Local:   addr(8, be.Uint16(b[4:])),
		Remote:  addr(24, be.Uint16(b[6:])),
		Device:  word(40),
		Cookie:  uint64(word(44)) | uint64(word(48))<<32,
		Receive: word(56),
		Send:    word(60),
		UID:     word(64),
		Inode:   uint64(word(68)),
	}
	for at := msgLen; at+4 <= len(b); {
		size, kind := int(ne.Uint16(b[at:])), ne.Uint16(b[at+2:])
		if size < 4 || at+size > len(b) {
			break
		}
		value := b[at+4 : at+size]
		switch {
		case kind == extInfo:
			s.Info = value
		case kind == extV6Only && len(value) > 0:
			s.V6Only = value[0] != 0
		}
		at += (size + 3) &^ 3
	}
	return s, nil
}

// AddrPort returns the address of an IPv4 or IPv6 socket.
func AddrPort(s unix.Sockaddr) netip.AddrPort {
	switch s := s.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(s.Addr), uint16(s.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(s.Addr), uint16(s.Port))
	}
	return netip.AddrPort{}
}

// IsOwn reports whether the address is one of this machine.
func IsOwn(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	all, _ := net.InterfaceAddrs()
	return a.IsLoopback() || slices.ContainsFunc(all, func(one net.Addr) bool {
		p, err := netip.ParsePrefix(one.String())
		return err == nil && p.Addr().Unmap() == a
	})
}
