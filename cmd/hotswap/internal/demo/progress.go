package demo

import (
	"fmt"
	"io"
	"os"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/human"
	"golang.org/x/term"
)

// progress shows how far the demo is: on a terminal one line that changes,
// otherwise a line now and then. One goroutine at a time uses it.
type progress struct {
	w       io.Writer
	live    bool
	pending bool // a live line stands without its end
	told    int  // swaps at the last plain line of this column
}

// plainEvery is how many swaps apart the lines are where there is no terminal.
const plainEvery = 5

func newProgress(w io.Writer) *progress {
	f, ok := w.(*os.File)
	return &progress{w: w, live: ok && term.IsTerminal(int(f.Fd()))}
}

// head prints a line for itself.
func (p *progress) head(text string) { fmt.Fprintln(p.w, "hotswap:", text) }

// step tells the numbers of a column as they are.
func (p *progress) step(name string, swaps, of int, requests, failed uint64) {
	text := fmt.Sprintf("%-14s  %*d of %d · %7s requests · %5s failed",
		name, len(fmt.Sprint(of)), swaps, of, human.Thousands(requests), human.Thousands(failed))
	switch {
	case p.live:
		// ECMA-48: to the start of the line, then erase what is right of it.
		fmt.Fprintf(p.w, "\r%s\x1b[K", text)
		p.pending = true
	case swaps != p.told && (swaps%plainEvery == 0 || swaps == of):
		fmt.Fprintln(p.w, text)
		p.told = swaps
	}
}

// end completes a column's line.
func (p *progress) End() {
	if p.pending {
		fmt.Fprintln(p.w)
	}
	p.pending, p.told = false, 0
}
