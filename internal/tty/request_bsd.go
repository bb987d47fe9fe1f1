//go:build unix && !linux

package tty

import "golang.org/x/sys/unix"

const (
	getRequest = unix.TIOCGETA
	setRequest = unix.TIOCSETA
)
