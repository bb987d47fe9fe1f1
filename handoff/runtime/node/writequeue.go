package node

import (
	"net"
	"sync"
	"time"
)

// writeWithin bounds a write to an adapter. The kernel keeps some hundred lines
// for a thread that does not read; one that reads nothing for so long is given up.
const writeWithin = 5 * time.Second

// writeQueue is what a thread is told, in order. Nobody who tells it something waits.
type writeQueue struct {
	conn *net.UnixConn // constant

	mu     sync.Mutex // guards what follows
	queue  []frame
	closed bool
	news   chan struct{} // there is something in the queue, or it was closed
}

// frame is one line, and the socket that goes with it, or nil. The socket is the
// writeQueue's.
type frame struct {
	line   []byte
	socket *socket
}

func newWriteQueue(conn *net.UnixConn) *writeQueue {
	return &writeQueue{conn: conn, news: make(chan struct{}, 1)}
}

func (o *writeQueue) put(l frame) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		l.drop()
		return
	}
	o.queue = append(o.queue, l)
	o.wake()
}

func (o *writeQueue) wake() {
	select {
	case o.news <- struct{}{}:
	default:
	}
}

// run writes until close, or until the thread cannot be reached: then the
// connection is closed.
func (o *writeQueue) run() {
	defer o.close()
	for range o.news {
		for {
			l, more, ok := o.next()
			if !ok {
				return
			}
			if !more {
				break
			}
			_ = o.conn.SetWriteDeadline(time.Now().Add(writeWithin))
			if l.write(o.conn) != nil {
				_ = o.conn.Close()
				return
			}
		}
	}
}

func (o *writeQueue) next() (l frame, more, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return l, false, false
	}
	if len(o.queue) == 0 {
		return l, false, true
	}
	l = o.queue[0]
	o.queue[0] = frame{}
	o.queue = o.queue[1:]
	return l, true, true
}

// close drops what was not written.
func (o *writeQueue) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	for _, l := range o.queue {
		l.drop()
	}
	o.queue = nil
	o.wake()
}

func (l frame) write(conn *net.UnixConn) error {
	if l.socket == nil {
		_, err := conn.Write(l.line)
		return err
	}
	defer l.socket.close()
	return l.socket.pass(conn, l.line)
}

func (l frame) drop() {
	if l.socket != nil {
		l.socket.close()
	}
}
