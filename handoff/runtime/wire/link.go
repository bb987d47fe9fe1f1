package wire

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"net"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/rights"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// maxUnwritten bounds the lines that wait for an adapter. A link with more is given up.
const maxUnwritten = 1024

// Hello is an adapter's first message: what it knows when its process or thread begins, and what never changes. The
// adapters send it in connect of js/connection.cjs (Node) and js/bun/thread.cjs, hello of python/site/wire.py (and
// unknown of gthread.py), hotswapJoin of golang/_net/wire.go, and initialize of ruby/adapter/link.rb. Tests of the
// adapters compare it: adapter.test.cjs in node/testdata, and asgi.py in python/testdata as a whole.
type Hello struct {
	Version int    `json:"version"`
	Thread  int    `json:"thread"`
	Runtime string `json:"runtime"` // the version of Node, or a server's name and version
	Began   int64  `json:"began"`   // when its process did, ms since 1970; 0: not told
	Faults  string `json:"faults"`  // cminflt of proc_pid_stat(5) when the adapter was loaded; "": not told
	Files   *bool  `json:"files"`   // false: it does not tell which files are loaded
	Checks  bool   `json:"checks"`  // it obeys the order check
}

// Link is the connection of one process, thread or event loop. Its fields are constant from the hello on.
type Link struct {
	Hello
	UID, PID int
	Ended    <-chan struct{} // closed when the generation has ended
	Gone     chan struct{}   // closed when the link has, and its families have heard of it

	conn *net.UnixConn
	in   reader
	news chan frame // closed by close

	mu     sync.Mutex // guards what follows
	closed bool
}

func (s *Session) newLink(conn *net.UnixConn, ended <-chan struct{}) *Link {
	l := &Link{Ended: ended, Gone: make(chan struct{}), conn: conn, news: make(chan frame, maxUnwritten)}
	l.in = reader{Reader: rights.Reader{Conn: conn}, session: s}
	l.in.buffer = bufio.NewReader(&l.in)
	return l
}

// frame is a line, and the socket that goes with it, or nil. The queue owns the socket.
type frame struct {
	line   []byte
	socket *Socket
}

// Send writes a message, with a socket unless that is nil, which stays the caller's. It does not wait. It closes the
// connection of an adapter that is given up.
func (l *Link) Send(message any, s *Socket) {
	var line bytes.Buffer
	e := json.NewEncoder(&line)
	e.SetEscapeHTML(false) // or what an adapter has sent could become longer than a line may be
	_ = e.Encode(message)  // of texts, numbers, and what was decoded
	f := frame{line.Bytes(), s.Share()}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		select {
		case l.news <- f:
			return
		default:
			l.conn.Close()
		}
	}
	f.socket.Close()
}

// write writes what is sent until close. If that fails, write closes the connection, and writes nothing more.
func (l *Link) write() {
	var failed error
	for f := range l.news {
		if failed == nil {
			// the kernel keeps some hundred lines for an adapter that does not read
			_ = l.conn.SetWriteDeadline(time.Now().Add(wait.Answer))
			failed = f.write(l.conn)
			if failed != nil {
				l.conn.Close()
			}
		}
		f.socket.Close()
	}
}

// write writes the line. It sends the socket, if there is one, and closes it.
func (f *frame) write(conn *net.UnixConn) (err error) {
	if f.socket != nil {
		calls, _ := conn.SyscallConn()
		late := calls.Write(func(fd uintptr) bool {
			var n int
			n, err = f.socket.send(fd, f.line)
			f.line = f.line[max(n, 0):]
			return err != unix.EAGAIN
		})
		err = cmp.Or(late, err)
		if err != nil {
			return err
		}
		f.socket = nil
	}
	_, err = conn.Write(f.line)
	return err
}

// close has write return, and closes the sockets that no message has claimed.
func (l *Link) close() {
	close(l.Gone)
	l.in.close()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	close(l.news)
}
