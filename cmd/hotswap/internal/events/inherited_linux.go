package events

import (
	"errors"

	"golang.org/x/sys/unix"
)

// inherited returns a duplicate of a descriptor that whoever started hotswap has passed on. It must come before such
// descriptors are marked close-on-exec: those that hotswap itself has opened have that mark from the beginning.
func inherited(fd int) (int, error) {
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
	if err != nil || flags&unix.FD_CLOEXEC != 0 {
		return 0, errors.New("hotswap has inherited no such descriptor")
	}
	if mode, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0); err != nil || mode&unix.O_ACCMODE == unix.O_RDONLY {
		return 0, errors.New("the descriptor cannot be written to")
	}
	return unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 3)
}
