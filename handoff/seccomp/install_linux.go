package seccomp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/thread"
)

// Encode returns the program as an array of struct sock_filter.
func Encode(program []unix.SockFilter) []byte {
	out, _ := binary.Append(nil, binary.NativeEndian, program) // of a fixed size, so there is no error
	return out
}

// Install puts a filter of [Encode] on the calling thread and returns its listener, close-on-exec, for the caller to
// close. The goroutine must be locked to its thread: the filter belongs to the thread and to whatever the thread forks.
//
// A process without CAP_SYS_ADMIN must first set no_new_privs (seccomp(2)), so sudo does not work below it.
// EBUSY says that a filter with a listener is installed already, as in a hotswap below a hotswap.
func Install(filter []byte) (listener int, err error) {
	defer runtime.KeepAlive(filter)
	prog := unix.SockFprog{Len: uint16(len(filter) / 8), Filter: (*unix.SockFilter)(unsafe.Pointer(&filter[0]))}
	listener, err = install(&prog)
	if errors.Is(err, unix.EACCES) {
		if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
			return -1, fmt.Errorf("no_new_privs: %w", err)
		}
		listener, err = install(&prog)
	}
	if err != nil {
		return -1, fmt.Errorf("seccomp filter with a listener: %w", err)
	}
	return listener, nil
}

// install asks for WAIT_KILLABLE_RECV (Linux 5.19), so that only fatal signals interrupt a notified call:
// Go's runtime preempts threads by SIGURG, which would restart a waiting bind again and again.
func install(prog *unix.SockFprog) (int, error) {
	fd, err := set(unix.SECCOMP_FILTER_FLAG_NEW_LISTENER|unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, prog)
	if errors.Is(err, unix.EINVAL) {
		fd, err = set(unix.SECCOMP_FILTER_FLAG_NEW_LISTENER, prog)
	}
	return fd, err
}

func set(flags uintptr, prog *unix.SockFprog) (int, error) {
	fd, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags, uintptr(unsafe.Pointer(prog)))
	if errno != 0 {
		return -1, errno
	}
	return int(fd), nil
}

// Try reports whether a filter with a listener can be installed here, by installing one on a thread that ends
// right after.
func Try(filter []byte) (err error) {
	thread.Own(func() {
		var fd int
		fd, err = Install(filter)
		_ = unix.Close(fd) // -1: there is none
	})
	return err
}
