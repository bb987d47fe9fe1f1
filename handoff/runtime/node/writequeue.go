package node

import (
	"net"
	"sync"
	"time"
)

// writeWithin bounds a write to an adapter. The kernel keeps some hundred lines for a
// thread that does not read. A thread that reads nothing for so long is given up.
const writeWithin = 5 * time.Second

// writeQueue writes to a thread, in order. put does not wait.
type writeQueue struct {
	conn *net.UnixConn // constant

	mu     sync.Mutex // guards what follows
	news   *sync.Cond // the queue has a frame, or was closed
	queue  []frame
	closed bool
}

// frame is a line, and the socket that goes with it, or nil. The queue owns the socket.
type frame struct {
	line   []byte
	socket *socket
}

func newWriteQueue(conn *net.UnixConn) *writeQueue {
	q := &writeQueue{conn: conn}
	q.news = sync.NewCond(&q.mu)
	return q
}

func (q *writeQueue) put(f frame) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		f.drop()
		return
	}
	q.queue = append(q.queue, f)
	q.news.Signal()
}

// run writes until close. If a write fails, run closes the connection.
func (q *writeQueue) run() {
	defer q.close()
	for {
		f, ok := q.next()
		if !ok {
			return
		}
		_ = q.conn.SetWriteDeadline(time.Now().Add(writeWithin))
		if f.write(q.conn) != nil {
			_ = q.conn.Close()
			return
		}
	}
}

// next waits for a frame. ok is false after close.
func (q *writeQueue) next() (f frame, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.queue) == 0 && !q.closed {
		q.news.Wait()
	}
	if q.closed {
		return f, false
	}
	f, q.queue[0] = q.queue[0], frame{}
	q.queue = q.queue[1:]
	return f, true
}

// close drops what was not written.
func (q *writeQueue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	for _, f := range q.queue {
		f.drop()
	}
	q.queue = nil
	q.news.Broadcast()
}

func (f frame) write(conn *net.UnixConn) error {
	if f.socket == nil {
		_, err := conn.Write(f.line)
		return err
	}
	defer f.socket.close()
	return f.socket.pass(conn, f.line)
}

func (f frame) drop() {
	if f.socket != nil {
		f.socket.close()
	}
}
