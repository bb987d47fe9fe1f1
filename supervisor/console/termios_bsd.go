//go:build darwin || freebsd || netbsd || openbsd

package console

import "golang.org/x/sys/unix"

// modes are a terminal's (termios(4)).
func modes(fd int) (*unix.Termios, error) { return unix.IoctlGetTermios(fd, unix.TIOCGETA) }

func setModes(fd int, t *unix.Termios) error { return unix.IoctlSetTermios(fd, unix.TIOCSETA, t) }
