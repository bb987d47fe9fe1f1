package terminal

import (
	"context"
	"errors"

	"golang.org/x/sys/unix"
)

// ReadKeys gives do what people type while hotswap is in the foreground, until ctx ends or the terminal is hung up. In
// the background it does not even poll the terminal, because what people type there is for the shell. later says that
// somebody else sets the terminal for reading keys, as a child does after the end of its parent. do must not keep its
// argument.
func (t *Terminal) ReadKeys(ctx context.Context, later bool, do func([]byte)) {
	var wake [2]int // a pipe that ends the poll
	if unix.Pipe(wake[:]) != nil {
		return // signals do the same as keys
	}
	for _, fd := range wake {
		defer unix.Close(fd)
		unix.CloseOnExec(fd)
		_ = unix.SetNonblock(fd, true)
	}
	// A full pipe ends the poll as well, so errors do not matter.
	nudge := func() { _, _ = unix.Write(wake[1], []byte{0}) }
	t.wakeBy(nudge)
	defer t.wakeBy(nil)
	if !later {
		t.TakeKeys()
	}
	defer context.AfterFunc(ctx, nudge)()
	buf := make([]byte, 256)
	for ctx.Err() == nil {
		fds := []unix.PollFd{{Fd: int32(wake[0]), Events: unix.POLLIN}, {Fd: int32(t.fd), Events: unix.POLLIN}}
		if !t.reads() {
			fds = fds[:1]
		}
		if _, err := unix.Poll(fds, -1); err != nil && !errors.Is(err, unix.EINTR) {
			return
		}
		if fds[0].Revents != 0 {
			_, _ = unix.Read(wake[0], buf)
			continue
		}
		if len(fds) < 2 || fds[1].Revents == 0 {
			continue
		}
		if fds[1].Revents&unix.POLLIN == 0 {
			return // hung up; SIGHUP comes too
		}
		if !t.reads() {
			continue // hotswap is in the background by now
		}
		n, err := unix.Read(t.fd, buf)
		if err != nil && !errors.Is(err, unix.EINTR) && !errors.Is(err, unix.EAGAIN) {
			return
		}
		if n > 0 {
			do(buf[:n])
		}
	}
}

// wakeBy sets what wakes the reader of keys; nil: there is none.
func (t *Terminal) wakeBy(wake func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wake = wake
}
