package place

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/rights"
)

const (
	maxLine = 2 << 20  // bytes of a line, without its line feed
	minRoom = 16 << 10 // that a read has at least
	maxKept = 64 << 10 // of a buffer that is empty

	// maxUnclaimed bounds the descriptors that belong to no line yet.
	maxUnclaimed = 16

	// maxUnfinished bounds the buffers of a generation's connections together.
	maxUnfinished = 64 << 20
)

var errUnfinished = errors.New("too many bytes of lines that have not ended")

var errRights = errors.New("more descriptors than lines to go with them")

// reader reads lines, and keeps the descriptors that come along. Descriptors arrive at the latest with the
// first byte of their line (unix(7): ancillary data is a barrier), so the lines that come with one claim
// them in order.
type reader struct {
	sock *net.UnixConn
	base []byte // in which buf is
	buf  []byte // read, and not taken
	seen int    // of buf; without a line feed
	long bool   // the end of a line that is too long has not come
	oob  []byte
	fds  []int

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
	return reader{sock: sock, all: all, oob: make([]byte, unix.CmsgSpace(4*maxUnclaimed))}
}

// fill reads once. Lines that were returned before are void.
func (r *reader) fill() error {
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
	n, oobn, _, _, err := r.sock.ReadMsgUnix(r.buf[len(r.buf):cap(r.buf)], r.oob) // close-on-exec
	r.fds = append(r.fds, rights.Parse(r.oob[:oobn])...)
	switch {
	case err != nil:
		return err
	case len(r.fds) > maxUnclaimed:
		return errRights
	case n == 0:
		return io.EOF
	}
	r.buf = r.buf[:len(r.buf)+n]
	return nil
}

// begin reads the first bytes, which stay.
func (r *reader) begin() error {
	for len(r.buf) == 0 {
		if err := r.fill(); err != nil {
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

// claim returns the descriptor of the next line that has one, or -1. The caller owns it.
func (r *reader) claim() int {
	if len(r.fds) == 0 {
		return -1
	}
	fd := r.fds[0]
	r.fds = r.fds[1:]
	return fd
}

// close closes the unclaimed descriptors.
func (r *reader) close() {
	for fd := r.claim(); fd >= 0; fd = r.claim() {
		_ = unix.Close(fd)
	}
}
