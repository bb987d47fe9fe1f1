//go:build unix

package tty

import (
	"os"

	"golang.org/x/sys/unix"
)

// Modes are a terminal's settings. Unlike term.State they can be compared, and
// travel as JSON to another process.
type Modes unix.Termios

// Get reads the modes of the terminal behind fd; an error: it is none.
func Get(fd int) (Modes, error) {
	t, err := unix.IoctlGetTermios(fd, getRequest)
	if err != nil {
		return Modes{}, err
	}
	return Modes(*t), nil
}

// Set sets them at once: to wait until what was written is out could be for
// ever (Ctrl-S). From the background it stops the whole group (SIGTTOU), unless
// the signal is blocked or ignored.
func (m Modes) Set(fd int) error {
	t := unix.Termios(m)
	return unix.IoctlSetTermios(fd, setRequest, &t)
}

// Cbreak is m so that each key is read at once and shows nothing. Ctrl-C,
// Ctrl-Z and Ctrl-\ remain signals, and output is as before. A read waits for
// a key: if it did not (VMIN 0), a shell that reads before somebody has set the
// terminal back would take that for the end of its input, and end.
func (m Modes) Cbreak() Modes {
	m.Lflag &^= unix.ICANON | unix.ECHO
	m.Cc[unix.VMIN], m.Cc[unix.VTIME] = 1, 0
	return m
}

// Raw is m so that every key is a byte, whatever it means elsewhere. Output is
// as before.
func (m Modes) Raw() Modes {
	m = m.Cbreak()
	m.Lflag &^= unix.ISIG | unix.IEXTEN | unix.ECHONL
	m.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
	return m
}

// Foreground says whether fd is this process's controlling terminal and at the
// moment its own: then it may be read and set (tcgetpgrp(3)).
func Foreground(fd int) bool {
	group, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}

// Controlling opens the controlling terminal, on whatever descriptor it is
// (tty(4)).
func Controlling() (*os.File, error) {
	fd, err := unix.Open("/dev/tty", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("open /dev/tty", err)
	}
	return os.NewFile(uintptr(fd), "/dev/tty"), nil
}

// Borrowed are a terminal's modes as they were found, and as they were set for
// a while. Who finds that the borrower has died gives them back.
type Borrowed struct {
	Was Modes `json:"was"`
	Set Modes `json:"set"`
}

// Return gives the controlling terminal its modes back, if it still has those
// that were set. SIGTTOU must be ignored.
func (b Borrowed) Return() {
	f, err := Controlling()
	if err != nil {
		return
	}
	defer f.Close()
	if now, err := Get(int(f.Fd())); err == nil && now == b.Set {
		_ = b.Was.Set(int(f.Fd()))
	}
}
