//go:build unix && !linux

package tty

import (
	"os"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// Open opens a pseudoterminal: the master, whose reads and writes may have deadlines, and the slave, which
// blocks. The caller closes both.
func Open() (master, slave *os.File, err error) {
	blocking, slave, err := pty.Open()
	if err != nil {
		return nil, nil, err
	}
	defer blocking.Close()
	fd, err := unix.FcntlInt(blocking.Fd(), unix.F_DUPFD_CLOEXEC, 3)
	if err == nil {
		if err = unix.SetNonblock(fd, true); err == nil {
			if err = unix.SetNonblock(int(slave.Fd()), false); err == nil {
				return os.NewFile(uintptr(fd), "pty"), slave, nil
			}
		}
		_ = unix.Close(fd)
	}
	_ = slave.Close()
	return nil, nil, err
}
