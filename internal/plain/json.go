package plain

import (
	"bytes"

	"github.com/hotswap-dev/hotswap/internal/lazy"
)

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
