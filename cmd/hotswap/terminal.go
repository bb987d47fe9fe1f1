package main

import (
	"os"
	"reflect"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// terminal is the one that hotswap was started at, if any.
type terminal struct {
	fd    int
	saved *term.State // nil: no terminal
	idle  *os.File    // what the program reads instead of the keyboard
	keep  *os.File    // the idle pipe's other end
	had   bool        // there was a controlling terminal, on whatever descriptor
}

// openTerminal remembers how the terminal is set, so that a program which
// leaves it in raw mode does no harm.
func openTerminal(in *os.File) (*terminal, error) {
	t := &terminal{fd: int(in.Fd()), had: controlled()}
	if !term.IsTerminal(t.fd) {
		return t, nil
	}
	var err error
	if t.saved, err = term.GetState(t.fd); err != nil {
		return nil, err
	}
	t.idle, t.keep, err = os.Pipe()
	return t, err
}

// stdin is the descriptor of the program's standard input. At a terminal that
// is a pipe in which nothing ever comes and which never ends: two generations
// cannot share a keyboard, and a process in the background that reads from
// the terminal is stopped (SIGTTIN).
func (t *terminal) stdin() int {
	if t.idle != nil {
		return int(t.idle.Fd())
	}
	return t.fd
}

// controlled says whether this process has a controlling terminal, by opening
// it (tty(4)).
func controlled() bool {
	f, err := os.OpenFile("/dev/tty", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return false
	}
	_ = f.Close()
	return true
}

// restore sets the terminal as it was, if it is not, and if it is ours at the
// moment: after Ctrl-Z and bg it is the shell's, which has set it to its own
// liking, and setting it from the background would stop us (SIGTTOU).
func (t *terminal) restore() {
	if t.saved == nil {
		return
	}
	group, err := unix.IoctlGetInt(t.fd, unix.TIOCGPGRP)
	if err != nil || group != unix.Getpgrp() {
		return
	}
	if now, err := term.GetState(t.fd); err == nil && !reflect.DeepEqual(now, t.saved) {
		_ = term.Restore(t.fd, t.saved)
	}
}

// leads says that this process leads the terminal's session: when it ends, the
// kernel hangs the terminal up (setsid(2)).
func (t *terminal) leads() bool {
	session, err := unix.Getsid(0)
	return t.saved != nil && err == nil && session == os.Getpid()
}

// lost says that the terminal was hung up: its window was closed.
func (t *terminal) lost() bool { return t.had && !controlled() }
