package node

import (
	"net"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/wait"
)

// maxUnwritten bounds the lines that wait for a thread. A thread with more is given up.
const maxUnwritten = 1024

// writeQueue writes to a thread, in order.
type writeQueue struct {
	conn *net.UnixConn // constant
	news chan frame    // closed by close

	mu     sync.Mutex // guards what follows
	closed bool
}

// frame is a line, and the socket that goes with it, or nil. The queue owns the socket.
type frame struct {
	line   []byte
	socket *socket
}

func newWriteQueue(conn *net.UnixConn) *writeQueue {
	return &writeQueue{conn: conn, news: make(chan frame, maxUnwritten)}
}

// put does not wait. It closes the connection of a thread that is given up.
func (q *writeQueue) put(f frame) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closed {
		select {
		case q.news <- f:
			return
		default:
			_ = q.conn.Close()
		}
	}
	f.drop()
}

// run writes until close. If a write fails, run closes the connection, and writes nothing more.
func (q *writeQueue) run() {
	var failed error
	for f := range q.news {
		if failed == nil {
			_ = q.conn.SetWriteDeadline(time.Now().Add(wait.Answer)) // the kernel keeps some hundred lines for a thread that does not read
			if failed = f.write(q.conn); failed != nil {
				_ = q.conn.Close()
			}
		}
		f.drop()
	}
}

// close has run return. It is called once.
func (q *writeQueue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	close(q.news)
}

func (f frame) write(conn *net.UnixConn) error {
	var with []byte
	if f.socket != nil {
		with = unix.UnixRights(f.socket.fd)
	}
	n, _, err := conn.WriteMsgUnix(f.line, with, nil)
	if err == nil && n < len(f.line) {
		_, err = conn.Write(f.line[n:])
	}
	return err
}

func (f frame) drop() {
	if f.socket != nil {
		f.socket.close()
	}
}
