package sockdiag

import (
	"encoding/binary"
	"errors"
	"net/netip"
)

// State is a TCP state as the kernel numbers it (net/tcp_states.h).
type State uint8

// The states that hotswap asks for.
const (
	Established State = 1
	SynRecv     State = 3
	CloseWait   State = 8
	Listen      State = 10
)

// Socket is one TCP socket of this network namespace.
type Socket struct {
	State         State
	Local, Remote netip.AddrPort
	UID           uint32
	Inode         uint64 // 0 while nobody has it as a descriptor
	// Receive is the unread input in bytes; for a listener the number of
	// connections that wait.
	Receive uint32
	// Send is the output not yet acknowledged, in bytes; for a listener the
	// backlog.
	Send uint32
	// Info is struct tcp_info as the kernel gave it, if it was asked for.
	Info []byte
}

// Query says what to dump.
type Query struct {
	States []State
	Info   bool // tcp_info too
}

var errShort = errors.New("sock_diag: short message")

const (
	afInet, afInet6 = 2, 10
	msgLen          = 72 // sizeof(struct inet_diag_msg), linux/inet_diag.h
	reqLen          = 56 // sizeof(struct inet_diag_req_v2)
	extInfo         = 2  // INET_DIAG_INFO
)

// request is struct inet_diag_req_v2 for one family.
func request(family uint8, q Query) []byte {
	b := make([]byte, reqLen)
	b[0] = family
	b[1] = 6 // IPPROTO_TCP
	if q.Info {
		b[2] = 1 << (extInfo - 1)
	}
	var states uint32
	for _, s := range q.States {
		states |= 1 << s
	}
	binary.NativeEndian.PutUint32(b[4:], states)
	return b
}

// parse reads struct inet_diag_msg and its attributes.
func parse(b []byte) (Socket, error) {
	if len(b) < msgLen {
		return Socket{}, errShort
	}
	ne, be := binary.NativeEndian, binary.BigEndian
	addr := func(at int, port uint16) netip.AddrPort {
		if b[0] == afInet {
			return netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[at:at+4])), port)
		}
		return netip.AddrPortFrom(netip.AddrFrom16([16]byte(b[at:at+16])), port)
	}
	s := Socket{
		State:   State(b[1]),
		Local:   addr(8, be.Uint16(b[4:])),
		Remote:  addr(24, be.Uint16(b[6:])),
		Receive: ne.Uint32(b[56:]),
		Send:    ne.Uint32(b[60:]),
		UID:     ne.Uint32(b[64:]),
		Inode:   uint64(ne.Uint32(b[68:])),
	}
	for at := msgLen; at+4 <= len(b); {
		size, kind := int(ne.Uint16(b[at:])), ne.Uint16(b[at+2:])
		if size < 4 || at+size > len(b) {
			break
		}
		if kind == extInfo {
			s.Info = append([]byte(nil), b[at+4:at+size]...)
		}
		at += (size + 3) &^ 3
	}
	return s, nil
}
