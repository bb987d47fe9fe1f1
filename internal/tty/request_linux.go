package tty

import "golang.org/x/sys/unix"

const (
	getRequest = unix.TCGETS
	setRequest = unix.TCSETS
)
