package terminal

import "strings"

// Key is what a key asks for.
type Key uint8

const (
	keyNone Key = iota
	KeySwap
	KeyRollback
	KeyStatus
	KeyPause
	KeyQuit
	KeyHelp
	KeyMark // Enter: people set a mark in the output with it
)

// keyFor returns the Key that sends this byte.
func keyFor(b byte) Key {
	switch b {
	case 'r':
		return KeySwap
	case 'b':
		return KeyRollback
	case 's':
		return KeyStatus
	case 'p':
		return KeyPause
	case 'q':
		return KeyQuit
	case '?':
		return KeyHelp
	case '\r', '\n':
		return KeyMark
	}
	return keyNone
}

// KeysFor returns the keys of bytes that came at once. An arrow or a function key sends
// several bytes from ESC on, and different letters are text that was pasted: of both only
// the line feeds at the end count. The same letter several times is a key that was held
// down, and counts once.
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
