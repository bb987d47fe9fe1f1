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

// outletGrace is how long the keeper waits at its end for a slow reader of the output.
const outletGrace = 200 * time.Millisecond

// outlet keeps a stream of the program open after hotswap, its reader, was killed. Else
// SIGPIPE or a write error would end the program before it has finished its requests.
type outlet struct {
	to   int
	done chan struct{} // closed when copying has ended

	mu     sync.Mutex // guards the following fields
	from   int
	reader *os.File // of from; set late, because the poller would wake for each line that hotswap reads
	closed bool
}

// takeOutlets takes over the inherited descriptors.
func (k *keeper) takeOutlets() {
	for i := range k.Outlets {
		from := controlFD + 1 + len(k.Files) + 2*i
		o := &outlet{from: from, to: from + 1, done: make(chan struct{})}
		k.outlets = append(k.outlets, o)
		go o.guard()
	}
}

// guard closes the stream when the reader of hotswap's output has gone, so that the
// program gets the error. No requested event means POLLERR and POLLHUP (poll(2)).
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

// open prepares reading. It reports false if the outlet is closed.
func (o *outlet) open() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return false
	}
	o.reader = os.NewFile(uintptr(o.from), "outlet")
	return true
}

// passOn copies the program's output from now on.
func (k *keeper) passOn() {
	signal.Ignore(syscall.SIGTTOU) // else TOSTOP interrupts each write from the background (tty_ioctl(4))
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
			return // end of file, EIO of a pty, or no reader
		}
	}
}

// writeAll writes b, even if another process has made the file non-blocking.
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

// finishOutlets copies the rest of the output after all other processes have ended. It
// closes this process's copies of the streams, so that they end.
func (k *keeper) finishOutlets() {
	for fd := range 3 {
		_ = unix.Close(fd)
	}
	limit := time.After(outletGrace)
	for _, o := range k.outlets {
		select {
		case <-o.done:
		case <-limit:
			return
		}
	}
}
