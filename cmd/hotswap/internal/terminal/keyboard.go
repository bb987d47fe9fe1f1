package terminal

import (
	"context"
	"errors"

	"golang.org/x/sys/unix"
)

// Keyboard reads keys while hotswap is in the foreground. In the background it does not
// even poll the terminal, because what people type there is for the shell.
type Keyboard struct {
	tty  *Terminal
	wake [2]int // a pipe that ends the poll
	do   func([]byte)
}

// NewKeyboard returns the reader of t's keys. do must not keep its argument.
func NewKeyboard(t *Terminal, do func([]byte)) (*Keyboard, error) {
	k := &Keyboard{tty: t, do: do}
	if err := unix.Pipe(k.wake[:]); err != nil {
		return nil, err
	}
	for _, fd := range k.wake {
		unix.CloseOnExec(fd)
		_ = unix.SetNonblock(fd, true)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wake = k.nudge
	return k, nil
}

// nudge ends the poll. A full pipe does so as well, so errors do not matter.
func (k *Keyboard) nudge() { _, _ = unix.Write(k.wake[1], []byte{0}) }

// Run reads until ctx ends or the terminal is hung up.
func (k *Keyboard) Run(ctx context.Context) {
	defer context.AfterFunc(ctx, k.nudge)()
	buf := make([]byte, 256)
	for ctx.Err() == nil {
		fds := []unix.PollFd{{Fd: int32(k.wake[0]), Events: unix.POLLIN}, {Fd: int32(k.tty.fd), Events: unix.POLLIN}}
		if !k.tty.reads() {
			fds = fds[:1]
		}
		if _, err := unix.Poll(fds, -1); err != nil && !errors.Is(err, unix.EINTR) {
			return
		}
		if fds[0].Revents != 0 {
			_, _ = unix.Read(k.wake[0], buf)
			continue
		}
		if len(fds) < 2 || fds[1].Revents == 0 {
			continue
		}
		if fds[1].Revents&unix.POLLIN == 0 {
			return // hung up; SIGHUP comes too
		}
		if !k.tty.reads() {
			continue // hotswap is in the background by now
		}
		n, err := unix.Read(k.tty.fd, buf)
		if err != nil && !errors.Is(err, unix.EINTR) && !errors.Is(err, unix.EAGAIN) {
			return
		}
		if n > 0 {
			k.do(buf[:n])
		}
	}
}

// Close comes after Run.
func (k *Keyboard) Close() {
	k.tty.mu.Lock()
	k.tty.wake = nil
	k.tty.mu.Unlock()
	unix.Close(k.wake[0])
	unix.Close(k.wake[1])
}
