package events

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/exit"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// Open opens what --events names; "": nothing, and nil. Opening never waits, and hotswap is itself a reader of a FIFO,
// so that the FIFO may have none. Errors have an exit code.
func Open(to string) (*os.File, error) {
	if to == "" {
		return nil, nil
	}
	mode, open := os.O_WRONLY, os.OpenFile
	if info, err := os.Stat(to); err == nil {
		switch info.Mode().Type() {
		case fs.ModeNamedPipe:
			mode = os.O_RDWR
		case fs.ModeSocket:
			open = duplicate
		}
	}
	f, err := open(to, mode|os.O_APPEND|os.O_CREATE|syscall.O_NONBLOCK, 0o600)
	if err != nil {
		return nil, exit.Unavailablef("--events %s: %w", to, errors.Unwrap(err))
	}
	return f, nil
}

// duplicate is os.OpenFile for an inherited socket, which cannot be opened a second time: Node's pipes to its children
// are sockets.
func duplicate(to string, flag int, perm os.FileMode) (*os.File, error) {
	fd, err := strconv.Atoi(strings.TrimPrefix(to, "/dev/fd/"))
	if err != nil {
		return os.OpenFile(to, flag, perm)
	}
	fd, err = unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	if err != nil {
		return nil, os.NewSyscallError("fcntl", err)
	}
	return os.NewFile(uintptr(fd), to), nil
}

// Reopens returns why no other process can open what --events names, or nil.
func Reopens(to string) error {
	if strings.HasPrefix(to, "/dev/fd/") || strings.HasPrefix(to, "/proc/") {
		return fmt.Errorf("--events %s is a descriptor of this process; give a file or a FIFO", to)
	}
	return nil
}

// Follow writes each event to the file unless that is nil, in a goroutine of its own, until the stream ends. A reader
// that does not read misses events. failed is called when nothing more can be written, for good or until a disk has
// room. written waits a moment until what the stream had at its end is written.
func (s *Stream) Follow(f *os.File, failed func(err error, waits bool)) (written func()) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		full := false
		for last := ""; f != nil; {
			events := s.Next(context.Background(), last)
			if len(events) == 0 {
				return
			}
			for _, e := range events {
				for line := fmt.Appendf(nil, "%s\n", e.Data); len(line) > 0; {
					n, err := f.Write(line)
					waits := errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) // there may be room again
					if err != nil && !(full && waits) {
						failed(err, waits)
					}
					line, full = line[n:], waits
					if waits {
						time.Sleep(wait.Seldom)
					} else if err != nil {
						return
					}
				}
				last = e.ID
			}
		}
	}()
	return func() {
		select {
		case <-ended:
		case <-time.After(wait.Reader):
		}
	}
}
