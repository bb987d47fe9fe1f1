package console

import (
	"bytes"
	"strings"
	"unicode"

	"github.com/hotswap-dev/hotswap/internal/lazy"
)

// escapes matches escape sequences (ECMA-48; console_codes(4)): control sequences such as colours,
// strings such as titles and links, and short ones. A sequence that is cut off extends to the end.
var escapes = lazy.Pattern(
	`\x1b(?:\[[\x20-\x3f]*[\x40-\x7e]?|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\?)?|[\x20-\x2f]*[\x30-\x7e]?)`)

var colour = lazy.Pattern(`^\x1b\[[0-9;:]*m$`)

// Shown returns a line for a terminal: as the terminal showed the line in the end, with colours and tabs.
func Shown(line []byte) string {
	text := visible(line, colour().Match)
	if strings.Contains(text, "\x1b") {
		text += "\x1b[0m"
	}
	return text
}

// visible returns what a terminal showed of a line in the end: without the line's end, without what else a terminal
// would obey except tabs and the escape sequences to keep, and without text before a carriage return, which the
// terminal overwrote.
func visible(line []byte, keep func(seq []byte) bool) string {
	line = escapes().ReplaceAllFunc(line, func(seq []byte) []byte {
		if keep(seq) {
			return seq
		}
		return nil
	})
	text := string(bytes.TrimRight(line, "\r\n"))
	return strings.Map(func(r rune) rune {
		if r != '\t' && r != '\x1b' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text[strings.LastIndexByte(text, '\r')+1:], "\ufffd"))
}
