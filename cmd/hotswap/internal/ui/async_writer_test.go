package ui

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
)

// pausedReader is a writer whose reader does not read before it is opened.
type pausedReader struct {
	open chan struct{}
	got  bytes.Buffer
}

func (g *pausedReader) Write(b []byte) (int, error) {
	<-g.open
	return g.got.Write(b)
}

// However much is written, Write returns, and lines make room for newer ones. The reader,
// when it is back, is told where lines are missing, and how many.
func TestAsyncWriterLeavesOutAndCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &pausedReader{open: make(chan struct{})}
		o := NewAsyncWriter(g, false)
		write := func(from, to int) {
			for i := from; i < to; i++ {
				fmt.Fprintf(o, "line %d\n", i)
			}
		}
		write(0, 1)
		synctest.Wait() // the goroutine is inside the reader's write
		const all = 100000
		write(1, all)
		close(g.open)
		synctest.Wait()
		write(all, all+2) // there is room again
		o.Close()
		next, missing := 0, 0
		for line := range strings.Lines(g.got.String()) {
			var n int
			if _, err := fmt.Sscanf(line, "hotswap: %d line", &n); err == nil {
				next, missing = next+n, missing+n
			} else if line == fmt.Sprintf("line %d\n", next) {
				next++
			} else {
				t.Fatalf("%q comes after line %d", line, next-1)
			}
		}
		if next != all+2 || missing == 0 || missing > all-1000 {
			t.Errorf("the last line is %d, %d were left out", next-1, missing)
		}
	})
}

// A line that takes long to find out keeps its place, and its writer does not wait.
func TestAsyncWriterFindsOutLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &pausedReader{open: make(chan struct{})}
		close(g.open)
		o := NewAsyncWriter(g, false)
		found := make(chan struct{})
		o.later(func() []byte { <-found; return []byte("found\n") })
		fmt.Fprintln(o, "after it")
		synctest.Wait()
		close(found)
		o.Close()
		if got := g.got.String(); got != "found\nafter it\n" {
			t.Errorf("%q", got)
		}
	})
}

// A reader that never reads does not keep hotswap from ending, nor does what is
// written after the end.
func TestAsyncWriterEndsWithoutItsReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		o := NewAsyncWriter(w, false)
		fmt.Fprintln(o, "line")
		o.Close()
		fmt.Fprintln(o, "too late")
		r.Close() // ends the goroutine that still writes
	})
}
