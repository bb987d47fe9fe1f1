package place

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

const (
	maxLine = 2 << 20  // bytes of a line, without its line feed
	minRoom = 16 << 10 // that a read has at least
	maxKept = 64 << 10 // of a buffer that is empty

	// maxUnfinished bounds the buffers of a generation's connections together.
	maxUnfinished = 64 << 20
)

var errUnfinished = errors.New("too many bytes of lines that have not ended")

// reader reads lines.
type reader struct {
	sock *net.UnixConn
	base []byte // in which buf is
	buf  []byte // read, and not taken
	seen int    // of buf; without a line feed
	long bool   // the end of a line that is too long has not come

	all  *atomic.Int64 // the bytes of all buffers of the generation
	held int           // of these
}

// hold says that the buffer has n bytes, and reports whether all buffers may have so many.
func (r *reader) hold(n int) bool {
	more := int64(n - r.held)
	if r.all.Add(more) > maxUnfinished && more > 0 {
		r.all.Add(-more)
		return false
	}
	r.held = n
	return true
}

func newReader(sock *net.UnixConn, all *atomic.Int64) reader {
	return reader{sock: sock, all: all}
}

// fill reads once. Lines that were returned before are void. now: it does not wait.
func (r *reader) fill(now bool) error {
	if len(r.buf) == 0 && cap(r.base) <= maxKept {
		r.buf = r.base[:0]
	}
	if cap(r.buf)-len(r.buf) < minRoom {
		room := max(2*len(r.buf), 2*minRoom)
		if !r.hold(room) {
			return errUnfinished
		}
		r.base = make([]byte, len(r.buf), room)
		copy(r.base, r.buf)
		r.buf = r.base
	}
	n, err := 0, error(nil)
	if room := r.buf[len(r.buf):cap(r.buf)]; now {
		n, err = readNow(r.sock, room)
	} else {
		n, err = r.sock.Read(room)
	}
	r.buf = r.buf[:len(r.buf)+n]
	return err
}

// readNow reads what has come, also behind the deadline.
func readNow(sock *net.UnixConn, b []byte) (n int, err error) {
	raw, failed := sock.SyscallConn()
	if failed == nil {
		failed = raw.Control(func(fd uintptr) { n, err = unix.Read(int(fd), b) })
	}
	if err = errors.Join(err, failed); err == nil && n == 0 {
		err = io.EOF
	}
	return max(n, 0), err
}

// begin reads the first bytes, which stay.
func (r *reader) begin() error {
	for len(r.buf) == 0 {
		if err := r.fill(false); err != nil {
			return err
		}
	}
	return nil
}

// next returns the next complete line without its line feed. Of a line that is too long it returns the
// beginning once, and long.
func (r *reader) next() (line []byte, long, ok bool) {
	for {
		i := bytes.IndexByte(r.buf[r.seen:], '\n')
		switch {
		case i < 0 && len(r.buf) <= maxLine && !r.long:
			r.seen = len(r.buf)
			return nil, false, false
		case i < 0: // its rest is dropped as it comes
			line, first := r.buf, !r.long
			r.buf, r.base, r.seen, r.long = nil, nil, 0, true
			return line[:min(len(line), minRoom)], true, first
		}
		line, was := r.buf[:r.seen+i], r.long
		r.buf, r.seen, r.long = r.buf[r.seen+i+1:], 0, false
		if was {
			continue // it was the end of one that has been returned
		}
		return line, len(line) > maxLine, true
	}
}
