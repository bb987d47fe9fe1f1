package drain

import (
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/fdtable"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
)

// diagObserver observes by sock_diag(7) where pidfd_getfd is forbidden. sock_diag does not tell TCP_QUICKACK, and the
// observer cannot act on a connection.
type diagObserver struct {
	diag         *sockdiag.Conn
	keys         map[diagKey]bool
	selfReported func(pid int, port uint16) bool
	sockets      map[uint64][]holder // of the generation, by inode
}

// diagKey is a family and port to ask for.
type diagKey struct {
	family sockdiag.Family
	port   uint16
}

// query returns the question for the open connections.
func (l diagKey) query() sockdiag.Query {
	return sockdiag.Query{
		Family: l.family, Port: l.port, Info: true,
		States: []sockdiag.State{sockdiag.Established, sockdiag.CloseWait},
	}
}

func newDiagObserver(ends []handoff.Endpoint, told func(int, uint16) bool) (*diagObserver, error) {
	d, err := sockdiag.Open()
	if err != nil {
		return nil, err
	}
	w := &diagObserver{diag: d, selfReported: told, keys: make(map[diagKey]bool), sockets: make(map[uint64][]holder)}
	for _, e := range ends {
		if e.IsUnix() {
			continue
		}
		family := sockdiag.IPv6
		if e.Network == "tcp4" {
			family = sockdiag.IPv4
		}
		w.keys[diagKey{family, e.Port()}] = true
	}
	return w, nil
}

func (w *diagObserver) discover(pids []int, _ map[uint64]*conn) {
	clear(w.sockets)
	for _, pid := range pids {
		_ = fdtable.Sockets(pid, func(_, fd int, inode uint64) { w.sockets[inode] = append(w.sockets[inode], holder{pid, fd}) })
	}
}

func (w *diagObserver) look(conns map[uint64]*conn, each func(*conn, sample, *control)) {
	for l := range w.keys {
		_ = w.diag.Dump(l.query(), func(m sockdiag.Socket) {
			// With inode 0 a connection is not accepted yet (the registry counts it), or has no owner.
			holders := w.sockets[m.Inode]
			if m.Inode == 0 || len(holders) == 0 || m.Info == nil {
				return
			}
			if slices.ContainsFunc(holders, func(h holder) bool { return w.selfReported(h.pid, m.Local.Port()) }) {
				delete(conns, m.Cookie)
				return
			}
			c := conns[m.Cookie]
			if c == nil {
				c = &conn{cookie: m.Cookie, local: m.Local, peer: m.Remote}
				conns[m.Cookie] = c
			}
			c.holders = holders
			each(c, sampleIn(m), nil)
		})
	}
}

// unix returns 0: where pidfd_getfd is forbidden, unix sockets are not handed over.
func (w *diagObserver) unix() int { return 0 }

// short returns false: the socket is open.
func (w *diagObserver) short() bool { return false }

func (w *diagObserver) close() { w.diag.Close() }

func sampleIn(m sockdiag.Socket) sample {
	s := sampleOf(infoIn(m.Info))
	s.Unread = int(m.Receive)
	return s
}

// stillOpen reports whether a connection is open and some process has it. It returns true where the kernel does not
// answer.
func stillOpen(c *conn) bool {
	d, err := sockdiag.Open()
	if err != nil {
		return true
	}
	defer d.Close()
	s, found, err := d.Lookup(sockdiag.Name{Local: c.local, Remote: c.peer, Cookie: c.cookie})
	return err != nil || found && s.Inode != 0 && isOpen(uint8(s.State))
}

// infoIn reads struct tcp_info, which is shorter or longer on other kernels.
func infoIn(b []byte) *unix.TCPInfo {
	var info unix.TCPInfo
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&info)), unsafe.Sizeof(info)), b)
	return &info
}
