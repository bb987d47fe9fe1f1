// Package tty reads and sets a terminal's modes (termios(3)).
package tty
