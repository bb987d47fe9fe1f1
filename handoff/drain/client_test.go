package drain

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"time"
)

var ctxNone = context.Background()

// tally is what became of the requests of many clients.
type tally struct {
	answered atomic.Int64
	moved    atomic.Int64 // connections that ended cleanly: announced in an answer, or between two requests
	raced    atomic.Int64 // requests written to an ended connection: not one byte came back
	broken   atomic.Int64 // answers that ended in the midst
}

func (t *tally) String() string {
	return fmt.Sprintf("answered %d, moved %d, raced %d, broken %d", t.answered.Load(), t.moved.Load(), t.raced.Load(), t.broken.Load())
}

// over counts the clients whose connection has ended.
func (t *tally) over() int { return int(t.moved.Load() + t.raced.Load() + t.broken.Load()) }

// client uses one keep-alive connection until it ends.
type client struct {
	paths []string // requested in turn
	think time.Duration
	post  bool // head and body in two writes
	blind bool // does not look whether the connection has ended before it writes
}

func (k client) run(conn *net.TCPConn, t *tally, stop <-chan struct{}) {
	defer conn.Close()
	r := bufio.NewReaderSize(conn, 64<<10)
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		default:
		}
		if !k.blind && ended(conn) {
			t.moved.Add(1)
			return
		}
		got, last, err := k.request(conn, r, k.paths[i%len(k.paths)])
		switch {
		case err == nil && last:
			t.answered.Add(1)
			t.moved.Add(1)
			return
		case err == nil:
			t.answered.Add(1)
		case got:
			t.broken.Add(1)
			return
		default:
			t.raced.Add(1)
			return
		}
		if k.think > 0 {
			select {
			case <-stop:
				return
			case <-time.After(k.think):
			}
		}
	}
}

// request makes one request; got: at least a byte of the answer came; last: it said that no other will come.
func (k client) request(conn *net.TCPConn, r *bufio.Reader, path string) (got, last bool, err error) {
	_ = k.ask(conn, path)
	if _, err := r.Peek(1); err != nil {
		return false, false, err
	}
	a, err := http.ReadResponse(r, nil)
	if err != nil {
		return true, false, err
	}
	_, err = io.Copy(io.Discard, a.Body)
	return true, a.Close, err
}

// ask sends one request.
func (k client) ask(conn *net.TCPConn, path string) error {
	if !k.post {
		_, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, conn.RemoteAddr())
		return err
	}
	if _, err := fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: 5\r\n\r\n", path, conn.RemoteAddr()); err != nil {
		return err
	}
	_, err := io.WriteString(conn, "12345")
	return err
}

// ended looks whether the other side has said its last, as careful client
// libraries do before they use a connection again.
func ended(conn *net.TCPConn) bool {
	raw, err := conn.SyscallConn()
	if err != nil {
		return true
	}
	over := false
	_ = raw.Read(func(fd uintptr) bool {
		var b [1]byte
		n, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		over = n == 0 && err == nil || err == syscall.ECONNRESET
		return true
	})
	return over
}
