package plain

import (
	"strings"
	"unicode/utf8"
)

// JSON is a JSON text that means the same and is harmless, but for strings in it
// that are longer than [Most] bytes: they are cut off.
func JSON(b []byte) []byte { return []byte(bounded(Lines(string(b)), Most)) }

// bounded cuts off each string of a JSON text that takes more than most bytes.
// Outside of strings there is no quotation mark, and inside none without a
// backslash before it (RFC 8259, section 7).
func bounded(s string, most int) string {
	if len(s) <= most {
		return s
	}
	var b strings.Builder
	for {
		open := strings.IndexByte(s, '"')
		if open < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:open+1])
		s = s[open+1:]
		end, keep := closing(s, most)
		b.WriteString(s[:keep])
		if keep < end {
			b.WriteString(cutOff)
		}
		s = s[end:]
		if s == "" {
			return b.String()
		}
		b.WriteByte('"')
		s = s[1:]
	}
}

// closing is where the string that s begins with ends, and how much of it is kept:
// whole characters and whole escapes.
func closing(s string, most int) (end, keep int) {
	for i := 0; i < len(s); {
		if i <= most && utf8.RuneStart(s[i]) {
			keep = i
		}
		switch {
		case s[i] == '"':
			return i, keep
		case strings.HasPrefix(s[i:], `\u`):
			i += len(`\u0000`)
		case s[i] == '\\':
			i += 2
		default:
			i++
		}
	}
	return len(s), keep
}
