package proc

import (
	"errors"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// lastWords is how long the end waits for a reader of the program's output that
// does not read.
const lastWords = 200 * time.Millisecond

// outlet keeps a stream of the program's open when hotswap, which read it, has
// been killed: else the program would end by the first line that it writes
// (SIGPIPE, or an error), with the answers that it still owes.
type outlet struct {
	to   int
	done chan struct{} // closed when no more is passed on

	mu     sync.Mutex // guards what follows
	from   int
	reader *os.File // from, while it is read; not before, for the poller would be woken by each line
	closed bool
}

// takeOutlets takes the keeper's copies of hotswap's ends.
func (k *keeper) takeOutlets() {
	for i := range k.Outlets {
		from := controlFD + 1 + len(k.Files) + 2*i
		o := &outlet{from: from, to: from + 1, done: make(chan struct{})}
		k.outlets = append(k.outlets, o)
		go o.guard()
	}
}

// guard lets the stream go when whoever reads hotswap's output has gone, for the
// program is to hear of that: we would be a reader who reads nothing. To wait for
// nothing is to wait for POLLERR and POLLHUP (poll(2)).
func (o *outlet) guard() {
	for {
		fds := []unix.PollFd{{Fd: int32(o.to)}}
		if _, err := unix.Poll(fds, -1); !errors.Is(err, unix.EINTR) {
			o.close()
			return
		}
	}
}

func (o *outlet) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.reader != nil:
		_ = o.reader.Close()
	case !o.closed:
		_ = unix.Close(o.from)
	}
	o.closed = true
}

// open begins to read, unless it is closed.
func (o *outlet) open() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return false
	}
	o.reader = os.NewFile(uintptr(o.from), "outlet")
	return true
}

// passOn does hotswap's work from now on. To a terminal we write from the
// background, as hotswap may have.
func (k *keeper) passOn() {
	signal.Ignore(syscall.SIGTTOU) // else TOSTOP interrupts each write (tty_ioctl(4)), for ever
	for _, o := range k.outlets {
		go o.passOn()
	}
}

func (o *outlet) passOn() {
	defer close(o.done)
	if !o.open() {
		return
	}
	defer o.close()
	buf := make([]byte, 16<<10)
	for {
		n, err := o.reader.Read(buf)
		if !writeAll(o.to, buf[:n]) || err != nil {
			return // end of file, or of a pty EIO; or nobody reads
		}
	}
}

// writeAll writes, also where others have made the open file non-blocking.
func writeAll(fd int, b []byte) bool {
	for len(b) > 0 {
		n, err := unix.Write(fd, b)
		switch {
		case err == nil:
			b = b[n:]
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EAGAIN):
			_, _ = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, -1)
		default:
			return false
		}
	}
	return true
}

// lastWords passes the rest on, after the end of the last process but this one:
// without our own copies of the streams they have an end.
func (k *keeper) lastWords() {
	for fd := range 3 {
		_ = unix.Close(fd)
	}
	enough := time.After(lastWords)
	for _, o := range k.outlets {
		select {
		case <-o.done:
		case <-enough:
			return
		}
	}
}
