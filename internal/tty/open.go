// Package tty opens terminals, and reads and sets their modes (termios(3)).
package tty

import (
	"os"

	"golang.org/x/sys/unix"
)

// Open opens a pseudoterminal (pts(4)): the master, whose reads and writes may have deadlines, and the
// slave, which blocks. Neither becomes a controlling terminal. The caller closes both.
//
// github.com/creack/pty keeps the address of the terminal's number as an integer while other functions
// run. If Go moves the stack meanwhile, the number remains 0, and the slave is that of somebody else's
// terminal /dev/pts/0. That was seen 5 times in 280,000 calls, on a busy machine.
func Open() (master, slave *os.File, err error) {
	const name = "/dev/ptmx"
	fd, err := unix.Open(name, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, &os.PathError{Op: "open", Path: name, Err: err}
	}
	master = os.NewFile(uintptr(fd), name)
	path, err := slaveOf(fd)
	if err == nil {
		slave, err = os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		master.Close()
		return nil, nil, err
	}
	slave.Fd() // makes it block
	return master, slave, nil
}
