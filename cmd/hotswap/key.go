package main

import "strings"

// key is what a key asks for.
type key uint8

const (
	keyNone key = iota
	keySwap
	keyRollback
	keyStatus
	keyQuit
	keyHelp
	keyMark // Enter: people set a mark in the output with it
)

// keyFor is the key that sends this byte.
func keyFor(b byte) key {
	switch b {
	case 'r':
		return keySwap
	case 'b':
		return keyRollback
	case 's':
		return keyStatus
	case 'q':
		return keyQuit
	case '?':
		return keyHelp
	case '\r', '\n':
		return keyMark
	}
	return keyNone
}

// keysFor are the keys of bytes that came at once. Those of an arrow or a
// function key begin with ESC, and different letters are a text that was
// pasted: neither asks for anything but the lines at its end. A letter again and again is one that was
// held down, and is meant once.
func keysFor(b string) []key {
	text := strings.TrimRight(b, "\r\n")
	var out []key
	if text != "" && strings.Trim(text, text[:1]) == "" {
		if k := keyFor(text[0]); k != keyNone {
			out = append(out, k)
		}
	}
	for range strings.ReplaceAll(b[len(text):], "\r\n", "\n") {
		out = append(out, keyMark)
	}
	return out
}

// keyText is what ? tells.
const keyText = `keys, and the signals that do the same:
  r      swap: put a fresh process in place (SIGHUP)
  b      roll back to the generation that served before
  s      status: generations, endpoints, the last swap
  q      drain and stop; again: stop at once (SIGINT, SIGTERM; Ctrl-C)
  Enter  an empty line
  Ctrl-Z stops hotswap and the program; fg goes on (SIGTSTP, SIGCONT)
  Ctrl-\ stops at once (SIGQUIT)
SIGUSR2 renews hotswap itself.`

// keyHint is said once.
const keyHint = "press ? for keys"
