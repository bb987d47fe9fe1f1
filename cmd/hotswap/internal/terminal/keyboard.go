package terminal

import (
	"context"
	"errors"

	"golang.org/x/sys/unix"
)

// keyboard reads keys while the terminal is ours. At rest it waits in one
// poll(2); in the background it does not even look at the terminal, for what is
// typed there is the shell's.
type keyboard struct {
	tty  *Terminal
	wake [2]int // a pipe: something has changed
	do   func([]byte)
}

// newKeyboard makes the reader of tty's keys. What do gets it may not keep.
func NewKeyboard(t *Terminal, do func([]byte)) (*keyboard, error) {
	k := &keyboard{tty: t, do: do}
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

// nudge ends the poll. That the pipe is full is as good.
func (k *keyboard) nudge() { _, _ = unix.Write(k.wake[1], []byte{0}) }

// run reads until ctx ends or the terminal is hung up.
func (k *keyboard) Run(ctx context.Context) {
	defer context.AfterFunc(ctx, k.nudge)()
	buf := make([]byte, 256)
	for ctx.Err() == nil {
		fds := []unix.PollFd{{Fd: int32(k.wake[0]), Events: unix.POLLIN}, {Fd: int32(k.tty.Fd), Events: unix.POLLIN}}
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
			return // hung up: SIGHUP tells what follows
		}
		if !k.tty.reads() {
			continue // we were put into the background meanwhile
		}
		n, err := unix.Read(k.tty.Fd, buf)
		if err != nil && !errors.Is(err, unix.EINTR) && !errors.Is(err, unix.EAGAIN) {
			return
		}
		if n > 0 {
			k.do(buf[:n])
		}
	}
}

// close comes after run.
func (k *keyboard) Close() {
	k.tty.mu.Lock()
	k.tty.wake = nil
	k.tty.mu.Unlock()
	_ = unix.Close(k.wake[0])
	_ = unix.Close(k.wake[1])
}
