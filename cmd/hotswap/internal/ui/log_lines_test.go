package ui

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor/control"
)

// A file or a pipe gets the output as it was written, except that a line of another generation does not go on where a
// program has not ended its own. A terminal is told of which generation each line is, and obeys colours only.
func TestLogLines(t *testing.T) {
	lines := []control.LogLines{
		{Gen: 1, Text: "\x1b[31mred\x1b[2J\r\nno end"}, {Gen: 2, Bytes: []byte("\xff long")}, {Gen: 2, Text: " line\n"},
		{Gen: 0, Text: "step\n", Missed: 3},
	}
	for _, c := range []struct {
		mark func(int) string
		want string
	}{
		{nil, "\x1b[31mred\x1b[2J\r\nno end\n\xff long line\nstep\n"},
		{func(gen int) string { return fmt.Sprint(gen, "│ ") },
			"1│ \x1b[31mred\x1b[0m\n1│ no end\n2│ \ufffd long line\n0│ step\n"},
	} {
		var out, missed strings.Builder
		p := LogLines{Out: &out, Err: &missed, Mark: c.mark}
		for _, l := range lines {
			testkit.NoError(t, p.Print(l))
		}
		if out.String() != c.want ||
			missed.String() != "hotswap: output is missing here, which had to make room for newer output\n" || !p.Any {
			t.Errorf("%q, %q; want %q", out.String(), missed.String(), c.want)
		}
	}
}
