package shim

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Install puts a seccomp filter (an array of struct sock_filter) on the
// calling thread and gives its notification descriptor, close-on-exec, the
// caller's to close. The goroutine must be locked to its thread: a filter
// belongs to the thread, and to what it forks, until exec makes it the
// process's.
//
// A process without CAP_SYS_ADMIN must first give up gaining privileges
// (no_new_privs, seccomp(2)), so that sudo does not work below. EBUSY: there
// is a listener above already (a hotswap in a hotswap).
func Install(filter []byte) (listener int, err error) {
	if len(filter) == 0 || len(filter)%8 != 0 {
		return -1, fmt.Errorf("seccomp filter of %d bytes: %w", len(filter), unix.EINVAL)
	}
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

// install prefers that a notified call is interrupted by fatal signals only
// (Linux 5.19): Go's runtime preempts threads by SIGURG and would restart a
// waiting bind again and again.
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

// Try says whether a filter with a listener can be installed here, by
// installing one, on a thread that ends right after.
func Try(filter []byte) (err error) {
	OnOwnThread(func() {
		var fd int
		if fd, err = Install(filter); err == nil {
			err = unix.Close(fd)
		}
	})
	return err
}
