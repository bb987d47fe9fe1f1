package console

import "golang.org/x/sys/unix"

// modes are a terminal's (termios(3)).
func modes(fd int) (*unix.Termios, error) { return unix.IoctlGetTermios(fd, unix.TCGETS) }

func setModes(fd int, t *unix.Termios) error { return unix.IoctlSetTermios(fd, unix.TCSETS, t) }
