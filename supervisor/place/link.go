package place

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/rights"
)

// link connects the servers of two hotswaps, over a SOCK_SEQPACKET pair, while one replaces the other. One of
// both has the store and serves the connections of both; the other one passes on what its generations and its
// supervisor say. See travel.go for the moment when they change roles.
type link struct {
	sock *net.UnixConn

	mu     sync.Mutex // guards what follows
	queue  []outgoing // the writer takes from it
	more   chan struct{}
	closed bool
}

type outgoing struct {
	p  packet
	fd int // -1: none; the queue owns it
}

// packet is one JSON object. One field is set.
type packet struct {
	Conn     *wireConn     `json:"conn,omitempty"`     // a new connection, for whoever has the store; its descriptor comes along
	Places   []wirePlace   `json:"places,omitempty"`   // of all generations of the sender, which does not have the store
	Drained  handoff.GenID `json:"drained,omitempty"`  // the sender's generation has drained: tell its program
	Finished handoff.GenID `json:"finished,omitempty"` // the answer
	Gone     handoff.GenID `json:"gone,omitempty"`     // nothing of the sender's generation is alive
	Report   *wireReport   `json:"report,omitempty"`   // what a program of the receiver's said
	Take     bool          `json:"take,omitempty"`     // the store and all that is open; its descriptor is a file with a travel
	Part     bool          `json:"part,omitempty"`     // the next of the descriptors that the travel lists
	Taken    bool          `json:"taken,omitempty"`    // the answer
}

type wireConn struct {
	Gen handoff.GenID `json:"gen"`
	PID int           `json:"pid"`
}

type wirePlace struct {
	Gen     handoff.GenID `json:"gen"`
	State   string        `json:"state"`
	Serving bool          `json:"serving,omitempty"`
	LeftMS  int64         `json:"leftMs,omitempty"`
}

type wireReport struct {
	Gen      handoff.GenID `json:"gen"`
	Ready    string        `json:"ready,omitempty"` // by what
	ExtendMS int64         `json:"extendMs,omitempty"`
	Status   *string       `json:"status,omitempty"`
}

func (p Place) wire() wirePlace {
	w := wirePlace{Gen: p.Gen, State: p.State, Serving: p.Serving}
	if !p.Deadline.IsZero() {
		w.LeftMS = max(1, time.Until(p.Deadline).Milliseconds())
	}
	return w
}

// place is never foremost: only a generation of the hotswap that has the store is.
func (w wirePlace) place() Place {
	p := Place{Gen: w.Gen, State: w.State, Serving: w.Serving}
	if w.LeftMS > 0 {
		p.Deadline = time.Now().Add(ms(w.LeftMS))
	}
	return p
}

// maxPacket bounds a packet; maxQueue the packets that the other side has not read.
const (
	maxPacket = 64 << 10
	maxQueue  = 1 << 16
)

func newLink(sock *net.UnixConn) *link {
	l := &link{sock: sock, more: make(chan struct{}, 1)}
	go l.write()
	return l
}

// send sends a packet soon, and takes over its descriptor. It does not block.
func (l *link) send(p packet, fd int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || len(l.queue) >= maxQueue {
		closeFD(fd)
		return
	}
	l.queue = append(l.queue, outgoing{p, fd})
	select {
	case l.more <- struct{}{}:
	default:
	}
}

// pass sends a duplicate of a connection. The other side takes a packet without its descriptor for a fault.
func (l *link) pass(c wireConn, sock *net.UnixConn) {
	if fd := duplicate(sock); fd >= 0 {
		l.send(packet{Conn: &c}, fd)
	}
}

func (l *link) write() {
	for range l.more {
		l.mu.Lock()
		all := l.queue
		l.queue = nil
		l.mu.Unlock()
		for i, o := range all {
			b, err := json.Marshal(o.p)
			if err == nil {
				var oob []byte
				if o.fd >= 0 {
					oob = unix.UnixRights(o.fd)
				}
				_, _, err = l.sock.WriteMsgUnix(b, oob, nil)
			}
			closeFD(o.fd)
			if err != nil {
				for _, left := range all[i+1:] {
					closeFD(left.fd)
				}
				l.close()
				return
			}
		}
	}
}

// receive returns the next packet and its descriptor, or -1, which the caller owns.
func (l *link) receive() (p packet, fd int, err error) {
	b, oob := make([]byte, maxPacket), make([]byte, unix.CmsgSpace(4))
	n, oobn, _, _, err := l.sock.ReadMsgUnix(b, oob) // close-on-exec
	fd = -1
	for _, got := range rights.Parse(oob[:oobn]) {
		closeFD(fd)
		fd = got
	}
	if err == nil && n == 0 {
		err = io.EOF
	}
	if err == nil {
		err = json.Unmarshal(b[:n], &p)
	}
	if err == nil && (p.Conn != nil || p.Take || p.Part) != (fd >= 0) {
		err = errors.New("a descriptor is missing, or one too many")
	}
	if err != nil {
		closeFD(fd)
		return packet{}, -1, err
	}
	return p, fd, nil
}

// close ends the link. The reader sees that.
func (l *link) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	l.closed = true
	for _, o := range l.queue {
		closeFD(o.fd)
	}
	l.queue = nil
	close(l.more)
	_ = l.sock.Close()
}

func closeFD(fd int) {
	if fd >= 0 {
		_ = unix.Close(fd)
	}
}

// duplicate returns a duplicate of a connection's descriptor, or -1.
func duplicate(sock *net.UnixConn) (fd int) {
	fd = -1
	if raw, err := sock.SyscallConn(); err == nil {
		_ = raw.Control(func(own uintptr) {
			if dup, err := unix.FcntlInt(own, unix.F_DUPFD_CLOEXEC, 0); err == nil {
				fd = dup
			}
		})
	}
	return fd
}

// connOf returns the connection of a descriptor, which it takes over.
func connOf(fd int) (*net.UnixConn, error) {
	f := newFile(fd)
	defer f.Close()
	c, err := net.FileConn(f)
	if err != nil {
		return nil, err
	}
	sock, ok := c.(*net.UnixConn)
	if !ok {
		_ = c.Close()
		return nil, errors.New("not a unix socket")
	}
	return sock, nil
}
