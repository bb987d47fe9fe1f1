package ui

import (
	"fmt"
	"io"
	"strings"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"github.com/hotswap-dev/hotswap/supervisor/console"
	"github.com/hotswap-dev/hotswap/supervisor/control"
)

// LogLines prints lines of the programs' output: as they were written, or, with Mark, for a terminal.
type LogLines struct {
	Out, Err io.Writer
	Mark     func(gen int) string // what stands in front of the lines of a generation; nil: nothing
	Count    int                  // lines so far

	gen  int  // of the last line
	open bool // that line has no line feed
}

// Print prints a line. A line of another generation begins on a new line.
func (p *LogLines) Print(l control.LogLine) error {
	if l.Missed > 0 {
		fmt.Fprintf(p.Err, "hotswap: %s missed\n", human.Count(int(l.Missed), "line"))
	}
	text, before := l.Text+string(l.Bytes), ""
	whole := strings.HasSuffix(text, "\n")
	if p.open && p.gen != l.Gen {
		before, p.open = "\n", false
	}
	if p.Mark != nil {
		if !p.open {
			before += p.Mark(l.Gen)
		}
		text = console.Shown([]byte(text))
		if whole {
			text += "\n"
		}
	}
	p.Count, p.gen, p.open = p.Count+1, l.Gen, !whole
	_, err := io.WriteString(p.Out, before+text)
	return err
}
