// Package tty opens terminals, and reads and sets their modes (termios(3)).
package tty
