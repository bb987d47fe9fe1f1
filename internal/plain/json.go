package plain

import (
	"strings"
	"unicode/utf8"
)

// JSON returns an equivalent JSON text that is safe to print. Strings longer than [Most]
// bytes are cut off.
func JSON(b []byte) []byte { return []byte(bounded(Lines(string(b)), Most)) }

// bounded cuts off each string of a JSON text after most bytes. A quotation mark without
// a backslash begins or ends a string (RFC 8259, section 7).
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

// closing returns where the string at the start of s ends and how much of it is kept, in
// whole characters and escapes.
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
