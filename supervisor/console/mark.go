package console

import (
	"bytes"
	"regexp"
)

// mark stands in front of a generation's lines on a terminal while another generation serves.
type mark struct {
	text  string
	moves bool // the program places its text itself: a mark would push the text aside
}

// moving matches what moves the cursor, scrolls, or switches the screen (ECMA-48; console_codes(4)), but not what erases,
// hides the cursor or goes to the start: programs clear the screen or a line before they write.
var moving = regexp.MustCompile(`\x1b(?:[78DEM]|\[(?:[0-9;]*[@A-FLMPSTXadru]|(?:[2-9]|1[0-9]|1;[2-9]|1;1[0-9])[0-9;]*[GHf]|\?(?:47|1047|1049)[hl]))`)

// now returns what stands in front of the lines of b, the next output. It may be called on nil. A sequence that comes
// in two parts is not recognized; a program that moves the cursor does so again.
func (m *mark) now(b []byte, relieved bool) string {
	if m == nil {
		return ""
	}
	if m.moves = m.moves || moving.Match(b); m.moves || !relieved {
		return ""
	}
	return m.text
}

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
