package terminal

import "strings"

// Key is what a key asks for, by the byte that it sends.
type Key byte

const (
	KeySwap     Key = 'r'
	KeyRollback Key = 'b'
	KeyStatus   Key = 's'
	KeyPause    Key = 'p'
	KeyQuit     Key = 'q'
	KeyHelp     Key = '?'
)

// Line is what people have typed since the last Return.
type Line struct{ typed bool }

// Keys returns the keys of bytes that came at once. An arrow or a function key sends several bytes from ESC on, and
// different letters are text that was pasted, but for nodemon's rs: of both only the line feeds at the end count. The
// same letter several times is a key that was held down, and counts once. Return reloads, as tsx does, unless it ends a
// line.
func (l *Line) Keys(b string) (out []Key) {
	text := strings.TrimRight(b, "\r\n")
	switch {
	case text == "rs":
		out = append(out, KeySwap)
	case text != "" && strings.Trim(text, text[:1]) == "" && strings.Contains("rbspq?", text[:1]):
		out = append(out, Key(text[0]))
	}
	l.typed = l.typed || text != ""
	if returns := len(strings.ReplaceAll(b[len(text):], "\r\n", "\n")); returns > 0 {
		if !l.typed || returns > 1 {
			out = append(out, KeySwap)
		}
		l.typed = false
	}
	return out
}
