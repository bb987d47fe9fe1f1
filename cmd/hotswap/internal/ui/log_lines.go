package ui

import (
	"fmt"
	"io"
	"strings"

	"github.com/hotswap-dev/hotswap/supervisor/console"
	"github.com/hotswap-dev/hotswap/supervisor/control"
)

// LogLines prints lines of the programs' output: as they were written, or, with Mark, for a terminal.
type LogLines struct {
	Out, Err io.Writer
	Mark     func(gen int) string // what stands in front of the lines of a generation; nil: nothing
	Any      bool                 // something was printed

	gen  int  // of the last line
	open bool // this line has no line feed
}

// Print prints lines. Those of another generation begin on a new line.
func (p *LogLines) Print(l control.LogLines) error {
	if l.Missed > 0 {
		fmt.Fprintln(p.Err, "hotswap: output is missing here, which had to make room for newer output")
	}
	var out strings.Builder
	if p.open && p.gen != l.Gen {
		out.WriteString("\n")
		p.open = false
	}
	for line := range strings.Lines(l.Text + string(l.Bytes)) {
		open := !strings.HasSuffix(line, "\n")
		if p.Mark != nil {
			if !p.open {
				out.WriteString(p.Mark(l.Gen))
			}
			line = console.Shown([]byte(line))
			if !open {
				line += "\n"
			}
		}
		out.WriteString(line)
		p.open = open
	}
	p.Any, p.gen = true, l.Gen
	_, err := io.WriteString(p.Out, out.String())
	return err
}
