package load

import (
	"errors"
	"io"
	"syscall"
)

// peek reports, without waiting, what has arrived on an idle connection: nothing
// (0, nil), unexpected bytes (n, nil), or the end (io.EOF or the errno). curl and
// urllib3 do the same before a write. A goroutine in Read would learn of an end only
// when it is scheduled.
func peek(raw syscall.RawConn, buf []byte) (n int, err error) {
	cerr := raw.Read(func(fd uintptr) bool {
		for {
			n, _, err = syscall.Recvfrom(int(fd), buf, syscall.MSG_PEEK)
			if !errors.Is(err, syscall.EINTR) {
				return true // done: sockets of package net never block
			}
		}
	})
	switch {
	case cerr != nil:
		return 0, cerr
	case errors.Is(err, syscall.EAGAIN):
		return 0, nil
	case err != nil:
		return 0, err
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}
