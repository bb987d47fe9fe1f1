package drain

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
)

// watcher sees through NETLINK_SOCK_DIAG, sock_diag(7), where pidfd_getfd is
// forbidden. It cannot act, and is not told TCP_QUICKACK.
type watcher struct {
	diag   *diag
	lanes  map[lane]bool
	inodes map[uint64]bool // sockets that the generation holds
}

// lane is a family and port to ask for.
type lane struct {
	family uint8
	port   uint16
}

func newWatcher(ends []handoff.Endpoint) (*watcher, error) {
	d, err := newDiag()
	if err != nil {
		return nil, err
	}
	w := &watcher{diag: d, lanes: make(map[lane]bool), inodes: make(map[uint64]bool)}
	for _, e := range ends {
		family := uint8(unix.AF_INET6)
		if e.Network == "tcp4" {
			family = unix.AF_INET
		}
		w.lanes[lane{family, e.Port()}] = true
	}
	return w, nil
}

func (w *watcher) discover(pids []int, _ map[uint64]*conn) {
	clear(w.inodes)
	for _, pid := range pids {
		sockets(pid, func(_ int, inode uint64) { w.inodes[inode] = true })
	}
}

func (w *watcher) look(conns map[uint64]*conn, each func(*conn, sample, hands)) {
	for l := range w.lanes {
		_ = w.diag.dump(l, func(m *diagMsg, info *unix.TCPInfo) {
			// Inode 0: not accepted yet (the registry counts those), or
			// without an owner.
			if m.inode == 0 || !w.inodes[uint64(m.inode)] || info == nil || !open(m.state) {
				return
			}
			cookie := uint64(m.id.cookie[1])<<32 | uint64(m.id.cookie[0])
			c := conns[cookie]
			if c == nil {
				c = &conn{cookie: cookie, inode: uint64(m.inode), tuple: m.id.tuple(m.family)}
				conns[cookie] = c
			}
			s := sampleOf(info)
			s.Unread = int(m.rqueue)
			each(c, s, nil)
		})
	}
}

func (w *watcher) close() { w.diag.close() }

// alive asks whether a connection is open and in somebody's hands: not closed,
// not orphaned. Not being able to ask means no.
func alive(c *conn) bool {
	d, err := newDiag()
	if err != nil {
		return false
	}
	defer d.close()
	live := false
	_ = d.one(c, func(m *diagMsg, _ *unix.TCPInfo) { live = m.inode != 0 && open(m.state) })
	return live
}

// diag is a sock_diag socket.
type diag struct {
	fd  int
	buf []byte
}

// diagID is struct inet_diag_sockid, linux/inet_diag.h. Ports and addresses
// are in network order.
type diagID struct {
	sport, dport [2]byte
	src, dst     [16]byte
	iface        uint32
	cookie       [2]uint32
}

// diagReq is struct inet_diag_req_v2, linux/inet_diag.h, behind its header.
type diagReq struct {
	header                     unix.NlMsghdr
	family, protocol, ext, pad uint8
	states                     uint32
	id                         diagID
}

// diagMsg is struct inet_diag_msg, linux/inet_diag.h.
type diagMsg struct {
	family, state, timer, retrans uint8
	id                            diagID
	expires, rqueue, wqueue       uint32
	uid, inode                    uint32
}

const (
	diagByFamily = 20 // SOCK_DIAG_BY_FAMILY, linux/sock_diag.h
	diagInfo     = 2  // INET_DIAG_INFO, linux/inet_diag.h
	openStates   = 1<<1 | 1<<8
)

func newDiag() (*diag, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil, err
	}
	return &diag{fd: fd, buf: make([]byte, 64<<10)}, nil
}

func (d *diag) close() { unix.Close(d.fd) }

// dump calls each for every connection of a lane.
func (d *diag) dump(l lane, each func(*diagMsg, *unix.TCPInfo)) error {
	r := diagReq{family: l.family, ext: 1 << (diagInfo - 1), states: openStates}
	binary.BigEndian.PutUint16(r.id.sport[:], l.port)
	r.header.Flags = unix.NLM_F_DUMP
	return d.ask(&r, each)
}

// one calls each for the one connection c, if it exists.
func (d *diag) one(c *conn, each func(*diagMsg, *unix.TCPInfo)) error {
	r := diagReq{family: c.tuple.family, states: openStates}
	r.id = diagID{src: c.tuple.local, dst: c.tuple.peer, cookie: [2]uint32{uint32(c.cookie), uint32(c.cookie >> 32)}}
	binary.BigEndian.PutUint16(r.id.sport[:], c.tuple.lport)
	binary.BigEndian.PutUint16(r.id.dport[:], c.tuple.rport)
	return d.ask(&r, each)
}

func (d *diag) ask(r *diagReq, each func(*diagMsg, *unix.TCPInfo)) error {
	r.protocol = unix.IPPROTO_TCP
	r.header.Len = uint32(unsafe.Sizeof(*r))
	r.header.Type = diagByFamily
	r.header.Flags |= unix.NLM_F_REQUEST
	raw := unsafe.Slice((*byte)(unsafe.Pointer(r)), unsafe.Sizeof(*r))
	if _, err := again(func() (int, error) {
		return 0, unix.Sendto(d.fd, raw, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
	}); err != nil {
		return fmt.Errorf("ask sock_diag: %w", err)
	}
	for {
		n, err := again(func() (int, error) {
			n, _, err := unix.Recvfrom(d.fd, d.buf, 0)
			return n, err
		})
		if err != nil {
			return fmt.Errorf("read sock_diag: %w", err)
		}
		more, err := answers(d.buf[:n], each)
		if err != nil {
			return err
		}
		if !more || r.header.Flags&unix.NLM_F_DUMP != unix.NLM_F_DUMP {
			return nil
		}
	}
}

// answers walks the messages of one datagram; more: the dump goes on.
func answers(b []byte, each func(*diagMsg, *unix.TCPInfo)) (more bool, err error) {
	const head = unix.SizeofNlMsghdr
	for len(b) >= head {
		size := int(binary.NativeEndian.Uint32(b))
		if size < head || size > len(b) {
			return false, fmt.Errorf("sock_diag message of %d bytes in %d: %w", size, len(b), unix.EBADMSG)
		}
		body := b[head:size]
		switch binary.NativeEndian.Uint16(b[4:]) {
		case unix.NLMSG_DONE:
			return false, nil
		case unix.NLMSG_ERROR:
			if len(body) >= 4 {
				if errno := -int32(binary.NativeEndian.Uint32(body)); errno != 0 {
					return false, fmt.Errorf("sock_diag: %w", unix.Errno(errno))
				}
			}
			return false, nil
		case diagByFamily:
			var m diagMsg
			if len(body) >= int(unsafe.Sizeof(m)) {
				copy(unsafe.Slice((*byte)(unsafe.Pointer(&m)), unsafe.Sizeof(m)), body)
				each(&m, infoIn(body[unsafe.Sizeof(m):]))
			}
		}
		b = b[min(len(b), (size+3)&^3):]
	}
	return true, nil
}

// infoIn finds the tcp_info among the attributes.
func infoIn(b []byte) *unix.TCPInfo {
	for len(b) >= unix.SizeofNlAttr {
		size := int(binary.NativeEndian.Uint16(b))
		if size < unix.SizeofNlAttr || size > len(b) {
			return nil
		}
		if binary.NativeEndian.Uint16(b[2:]) == diagInfo {
			var info unix.TCPInfo // an older kernel's is shorter, a newer one's longer
			copy(unsafe.Slice((*byte)(unsafe.Pointer(&info)), unsafe.Sizeof(info)), b[unix.SizeofNlAttr:size])
			return &info
		}
		b = b[min(len(b), (size+3)&^3):]
	}
	return nil
}

// tuple keeps the name for asking again.
func (id diagID) tuple(family uint8) tuple {
	return tuple{
		family: family, local: id.src, peer: id.dst,
		lport: binary.BigEndian.Uint16(id.sport[:]), rport: binary.BigEndian.Uint16(id.dport[:]),
	}
}
