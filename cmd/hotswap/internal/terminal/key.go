package terminal

import "strings"

// key is what a key asks for.
type Key uint8

const (
	keyNone Key = iota
	KeySwap
	KeyRollback
	KeyStatus
	KeyQuit
	KeyHelp
	KeyMark // Enter: people set a mark in the output with it
)

// keyFor is the key that sends this byte.
func keyFor(b byte) Key {
	switch b {
	case 'r':
		return KeySwap
	case 'b':
		return KeyRollback
	case 's':
		return KeyStatus
	case 'q':
		return KeyQuit
	case '?':
		return KeyHelp
	case '\r', '\n':
		return KeyMark
	}
	return keyNone
}

// keysFor are the keys of bytes that came at once. Those of an arrow or a
// function key begin with ESC, and different letters are a text that was
// pasted: neither asks for anything but the lines at its end. A letter again and again is one that was
// held down, and is meant once.
func KeysFor(b string) []Key {
	text := strings.TrimRight(b, "\r\n")
	var out []Key
	if text != "" && strings.Trim(text, text[:1]) == "" {
		if k := keyFor(text[0]); k != keyNone {
			out = append(out, k)
		}
	}
	for range strings.ReplaceAll(b[len(text):], "\r\n", "\n") {
		out = append(out, KeyMark)
	}
	return out
}
