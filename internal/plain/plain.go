// Package plain makes text of others harmless to a terminal: names of files and
// processes, arguments, environment variables, what programs say of themselves.
//
// A terminal obeys what it is sent. ESC and the C1 controls begin commands
// (ECMA-48), a carriage return writes over what stands there, a line feed in a
// file's name looks like a line of hotswap's own, and the bidirectional controls
// of Unicode (UAX #9) show a text in another order than it has. All of these are
// written out as JSON does, \u001b, so that the same function serves text and
// JSON. What is not UTF-8 becomes U+FFFD: a single byte from 0x80 to 0x9f is a C1
// control to some terminals.
//
// Backslashes stay as they are. So the result does not tell a control character
// from its name; it is for people.
package plain

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Most is how long a text may be, in bytes; what is longer is cut off.
const Most = 16 << 10

const cutOff = "…"

// Line is s on one line, harmless.
func Line(s string) string { return cut(escaped(s, false), Most) }

// Short is Line with at most n bytes, and the sign that something is missing.
func Short(s string, n int) string { return cut(escaped(s, false), n) }

// Lines is s with its line feeds, else harmless. It is for text that was put
// together here, line by line; its length is not bounded.
func Lines(s string) string { return escaped(s, true) }

// obeyed reports whether a terminal does something else with r than show it.
func obeyed(r rune) bool {
	return r < 0x20 || r >= 0x7f && r <= 0x9f || r == '\u2028' || r == '\u2029' || unicode.Is(unicode.Bidi_Control, r)
}

func escaped(s string, lines bool) string {
	if clean(s, lines) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	for _, r := range s { // of what is not UTF-8, each byte is U+FFFD
		switch {
		case r == '\n' && lines, !obeyed(r):
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

func clean(s string, lines bool) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return obeyed(r) && !(r == '\n' && lines) })
}

func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	end := max(0, n-len(cutOff))
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + cutOff
}

// NewWriter returns a writer that passes everything on as [Lines] makes it. Each
// Write takes whole characters.
func NewWriter(w io.Writer) io.Writer { return writer{w} }

type writer struct{ w io.Writer }

func (w writer) Write(b []byte) (int, error) {
	if _, err := io.WriteString(w.w, Lines(string(b))); err != nil {
		return 0, err
	}
	return len(b), nil
}
