package terminal

import "strings"

// Key is what a key asks for.
type Key uint8

const (
	KeySwap Key = iota + 1
	KeyRollback
	KeyStatus
	KeyPause
	KeyQuit
	KeyHelp
	KeyMark // Enter: people set a mark in the output with it
)

// keys are the keys by the byte that they send.
var keys = map[byte]Key{
	'r': KeySwap, 'b': KeyRollback, 's': KeyStatus, 'p': KeyPause, 'q': KeyQuit, '?': KeyHelp, '\r': KeyMark, '\n': KeyMark,
}

// KeysFor returns the keys of bytes that came at once. An arrow or a function key sends
// several bytes from ESC on, and different letters are text that was pasted: of both only
// the line feeds at the end count. The same letter several times is a key that was held
// down, and counts once.
func KeysFor(b string) []Key {
	text := strings.TrimRight(b, "\r\n")
	var out []Key
	if text != "" && strings.Trim(text, text[:1]) == "" {
		if k, ok := keys[text[0]]; ok {
			out = append(out, k)
		}
	}
	for range strings.ReplaceAll(b[len(text):], "\r\n", "\n") {
		out = append(out, KeyMark)
	}
	return out
}
