//go:build unix

package load

import (
	"errors"
	"io"
	"syscall"
)

// peek looks, without waiting and without taking anything, at what has arrived
// on an idle connection: nothing (0, nil), bytes that nobody asked for
// (n, nil), or its end (io.EOF or the errno).
//
// The alternative, a goroutine that sits in Read, learns of an end only when
// the scheduler gets to it; a peek right before the write sees what the kernel
// has. curl and urllib3 look like this too.
func peek(raw syscall.RawConn, buf []byte) (n int, err error) {
	cerr := raw.Read(func(fd uintptr) bool {
		for {
			n, _, err = syscall.Recvfrom(int(fd), buf, syscall.MSG_PEEK)
			if !errors.Is(err, syscall.EINTR) {
				return true // done, whatever it is: sockets of package net never block
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
