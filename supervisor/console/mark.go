package console

import "bytes"

// marked returns b with the mark in front of each line. A line that returns to its beginning at once overwrites what
// is there.
func marked(b []byte, mark string, midline bool) (out []byte) {
	for line := range bytes.Lines(b) {
		if !midline && line[0] != '\r' {
			out = append(out, mark...)
		}
		out, midline = append(out, line...), false
	}
	return out
}
