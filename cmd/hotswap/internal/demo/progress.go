package demo

import (
	"fmt"
	"io"
	"os"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"golang.org/x/term"
)

// progress shows how far the demo is: on a terminal in one line that changes, otherwise in a
// line now and then. One goroutine at a time uses it.
type progress struct {
	w       io.Writer
	live    bool
	pending bool // the live line is not complete
	printed int  // swaps at the last plain line of this column
}

// plainEvery is the number of swaps from line to line without a terminal.
const plainEvery = 5

func newProgress(w io.Writer) *progress {
	f, ok := w.(*os.File)
	return &progress{w: w, live: ok && term.IsTerminal(int(f.Fd()))}
}

// head prints one line.
func (p *progress) head(text string) { fmt.Fprintln(p.w, "hotswap:", text) }

// step prints the present numbers of a column.
func (p *progress) step(name string, swaps, of int, requests, failed uint64) {
	text := fmt.Sprintf("%-14s  %*d of %d · %7s requests · %5s failed",
		name, len(fmt.Sprint(of)), swaps, of, human.Thousands(requests), human.Thousands(failed))
	switch {
	case p.live:
		// ECMA-48: to the start of the line, then erase what is right of it.
		fmt.Fprintf(p.w, "\r%s\x1b[K", text)
		p.pending = true
	case swaps != p.printed && (swaps%plainEvery == 0 || swaps == of):
		fmt.Fprintln(p.w, text)
		p.printed = swaps
	}
}

// end completes the line of a column.
func (p *progress) end() {
	if p.pending {
		fmt.Fprintln(p.w)
	}
	p.pending, p.printed = false, 0
}
