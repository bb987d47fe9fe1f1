// Package plain makes foreign text safe to print on a terminal: names of files and
// processes, arguments, environment variables, messages of programs.
//
// ESC and the C1 controls begin commands (ECMA-48), a carriage return overwrites the line, a line feed in a file's name
// fakes a line of hotswap, and Unicode's bidirectional controls (UAX #9) change the order of a text. All of these are
// escaped as in JSON (\u001b), so that the same function serves text and JSON. Invalid UTF-8 becomes U+FFFD, because
// some terminals take a byte from 0x80 to 0x9f for a C1 control.
//
// Backslashes are not escaped, so the result is ambiguous. It is for people.
package plain

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/hotswap-dev/hotswap/internal/lazy"
)

// Most limits a text in bytes. Longer texts are cut off.
const Most = 16 << 10

const cutOff = "…"

func Line(s string) string { return Short(s, Most) }

// Short is Line with at most n bytes, with an ellipsis if cut off.
func Short(s string, n int) string {
	s = escaped(s, false)
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:max(0, n-len(cutOff))], "") + cutOff // without the part of a character
}

// Lines returns s with its line feeds, for text that hotswap put together. Its length is not limited.
func Lines(s string) string { return escaped(s, true) }

// obeyed reports whether a terminal would do anything but show r.
func obeyed(r rune) bool {
	return r < 0x20 || r >= 0x7f && r <= 0x9f || r == '\u2028' || r == '\u2029' || unicode.Is(unicode.Bidi_Control, r)
}

func escaped(s string, lines bool) string {
	var b strings.Builder
	for _, r := range s { // each byte of invalid UTF-8 is U+FFFD
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

// NewWriter returns a writer that applies [Lines]. Each Write must have whole characters.
func NewWriter(w io.Writer) io.Writer { return writer{w} }

type writer struct{ w io.Writer }

func (w writer) Write(b []byte) (int, error) {
	if _, err := io.WriteString(w.w, Lines(string(b))); err != nil {
		return 0, err
	}
	return len(b), nil
}

// A string of JSON, and whole characters and escapes from its beginning on (RFC 8259, section 7).
var (
	jsonString = lazy.Pattern(`"(?:[^"\\]|\\.)*"`)
	jsonPart   = lazy.Pattern(`^"(?:[^"\\]|\\u.{4}|\\[^u])*`)
)

// JSON returns an equivalent JSON text that is safe to print. Strings longer than [Most] bytes are cut off.
func JSON(b []byte) []byte {
	b = []byte(Lines(string(b)))
	if len(b) <= Most {
		return b
	}
	return jsonString().ReplaceAllFunc(b, func(s []byte) []byte {
		if len(s) <= Most {
			return s
		}
		return append(bytes.ToValidUTF8(jsonPart().Find(s[:Most]), nil), cutOff+`"`...)
	})
}
