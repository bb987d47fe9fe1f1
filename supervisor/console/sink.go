package console

import (
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/tty"
)

// sink is an open file of ours, for relays and for our own lines.
type sink struct {
	fd       int
	terminal bool
	file     [3]uint64 // identifies the open file: device, inode and what device it is (stat(3type))
	deaf     bool      // nobody needs to read it: what a reader that has gone would get is kept elsewhere

	since   atomic.Pointer[time.Time] // start of the current write for a program, or nil
	passing chan struct{}             // holds a value while a relay passes output
	late    atomic.Int32              // relays of ended programs that wait for the reader

	mu      sync.Mutex // guards the following fields and the order of writes
	midline bool       // the last byte was no line feed
}

func newSink(fd int) *sink {
	var st unix.Stat_t
	_ = unix.Fstat(fd, &st) // fd is open
	_, err := tty.Get(fd)
	return &sink{fd: fd, terminal: err == nil, file: [3]uint64{uint64(st.Dev), uint64(st.Ino), uint64(st.Rdev)},
		passing: make(chan struct{}, 1)}
}

// pass writes output of a program when it is the relay's turn. An error means that the reader has gone, or that giveUp
// was closed before.
func (s *sink) pass(b []byte, giveUp <-chan struct{}) error {
	select {
	case s.passing <- struct{}{}:
		defer func() { <-s.passing }()
	case <-giveUp:
		return os.ErrClosed
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.since.Store(new(time.Now()))
	defer s.since.Store(nil)
	s.midline = b[len(b)-1] != '\n'
	if err := write(s.fd, b); !s.deaf {
		return err
	}
	return nil
}

// stuck reports whether the current write has taken that long.
func (s *sink) stuck(d time.Duration) bool {
	since := s.since.Load()
	return since != nil && time.Since(*since) >= d
}

// line writes a line of ours, on a new line. It cuts a line that a program writes in pieces: nobody knows whether more
// of that comes, and a prompt has no end.
func (s *sink) line(b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.midline {
		b = append([]byte{'\n'}, b...)
	}
	_ = write(s.fd, b) // the reader may have gone
	s.midline = false
}

// write writes all of b and blocks, even if another process has made the file non-blocking. It returns an error only if
// the reader has gone for good: EPIPE, or EIO of a terminal that was hung up.
func write(fd int, b []byte) error {
	for len(b) > 0 {
		switch n, err := unix.Write(fd, b); err {
		case nil:
			b = b[n:]
		case unix.EINTR:
		case unix.EAGAIN:
			_, _ = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, -1)
		case unix.EPIPE, unix.EIO, unix.EBADF, unix.ECONNRESET:
			return err
		default:
			return nil // no space; later output may find some
		}
	}
	return nil
}
