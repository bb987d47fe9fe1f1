package tty

import "golang.org/x/sys/unix"

// Modes are a terminal's settings. Unlike term.State they can be compared and encoded as JSON.
type Modes unix.Termios

// Get returns the modes of a terminal, or an error if fd is none.
func Get(fd int) (Modes, error) {
	t, err := unix.IoctlGetTermios(fd, getModes)
	if err != nil {
		return Modes{}, err
	}
	return Modes(*t), nil
}

// Set sets the modes at once, because waiting for output may take forever (Ctrl-S). From the background it stops the
// process group (SIGTTOU), unless that signal is blocked or ignored.
func (m Modes) Set(fd int) error {
	t := unix.Termios(m)
	return unix.IoctlSetTermios(fd, setModes, &t)
}

// Cbreak returns m without line editing and echo. Ctrl-C, Ctrl-Z and Ctrl-\ remain signals. VMIN is 1, because a shell
// that reads before the terminal is restored would take an empty read for the end of its input.
func (m Modes) Cbreak() Modes {
	m.Lflag &^= unix.ICANON | unix.ECHO
	m.Cc[unix.VMIN], m.Cc[unix.VTIME] = 1, 0
	return m
}

// Raw returns m with every key as a byte. Output does not change.
func (m Modes) Raw() Modes {
	m = m.Cbreak()
	m.Lflag &^= unix.ISIG | unix.IEXTEN | unix.ECHONL
	m.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
	return m
}

// Foreground reports whether fd is the controlling terminal and this process in its
// foreground group, so that it may read and set the terminal (tcgetpgrp(3)).
func Foreground(fd int) bool {
	group, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}
