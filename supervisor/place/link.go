package place

import (
	"encoding/json"
	"net"
	"os"
	"sync"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/rights"
)

// packet is what one server says to the other: a JSON object, perhaps with a descriptor.
type packet struct {
	Want   bool    `json:",omitempty"` // the receiver is asked for the store
	Serve  *moved  `json:",omitempty"` // its listening socket comes along, if the receiver does not have it
	Take   bool    `json:",omitempty"` // the store; a pipe comes along from which it is to be read
	Taken  bool    `json:",omitempty"` // the answer
	Places []Place `json:",omitempty"` // of all generations of the sender, which does not have the store

	Gen      handoff.GenID `json:",omitempty"` // which generation the rest is about
	Drained  bool          `json:",omitempty"` // it is the sender's: tell the program
	Finished bool          `json:",omitempty"` // the answer
}

// maxPacket bounds a packet; maxQueue the packets that were not sent yet.
const (
	maxPacket = 64 << 10
	maxQueue  = 1 << 10
)

// link connects two servers over a SOCK_SEQPACKET pair.
type link struct {
	conn  *net.UnixConn
	queue chan outgoing
	over  chan struct{}
	once  sync.Once
}

type outgoing struct {
	b []byte
	f *os.File // nil: no descriptor comes along
}

func newLink(conn *net.UnixConn) *link {
	l := &link{conn: conn, queue: make(chan outgoing, maxQueue), over: make(chan struct{})}
	go func() {
		for {
			select {
			case o := <-l.queue:
				l.write(o)
			case <-l.over:
				return
			}
		}
	}()
	return l
}

// send sends a packet soon, and takes over the file. It does not block.
func (l *link) send(p packet, f *os.File) {
	b, err := json.Marshal(p)
	if err == nil {
		select {
		case l.queue <- outgoing{b, f}:
			return
		default:
		}
	}
	l.close() // the other server does not read
}

func (l *link) write(o outgoing) {
	fd := -1
	if o.f != nil {
		fd = int(o.f.Fd())
		defer o.f.Close()
	}
	if rights.Send(l.conn, o.b, fd) != nil {
		l.close()
	}
}

// receive returns the next packet and its file, which the caller owns; nil: none came.
func (l *link) receive() (p packet, f *os.File, err error) {
	b, fd, err := rights.Receive(l.conn, maxPacket)
	if fd >= 0 {
		f = os.NewFile(uintptr(fd), "")
	}
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	return p, f, err
}

// close ends the link. The reader sees that.
func (l *link) close() {
	l.once.Do(func() {
		close(l.over)
		_ = l.conn.Close()
	})
}
