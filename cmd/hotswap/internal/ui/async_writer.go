package ui

import (
	"bytes"
	"context"
	"io"
	"time"

	"github.com/hotswap-dev/hotswap/internal/ring"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// AsyncWriter is a writer that never blocks. Neither a paused terminal (Ctrl-S) nor a pipe
// that nobody reads may stop the supervisor's loop, and with it swaps, commands and
// signals. A goroutine writes the lines in order. Old lines make room for newer ones; a line
// with their number stands in their place.
type AsyncWriter struct {
	lines *ring.Ring[line]
	done  chan struct{} // closed when the goroutine has ended
}

type line struct {
	text  []byte
	later func() []byte // if set, gives the text when the line is written
}

const (
	queueRoom    = 256 << 10 // bytes of waiting lines
	lineOverhead = 128       // bytes that a line takes besides its text
)

// NewAsyncWriter returns a writer to w. Close ends its goroutine.
func NewAsyncWriter(w io.Writer, jsonLines bool) *AsyncWriter {
	a := &AsyncWriter{lines: ring.New(queueRoom, func(l line) int { return len(l.text) + lineOverhead }),
		done: make(chan struct{})}
	go a.run(w, jsonLines)
	return a
}

func (a *AsyncWriter) Write(b []byte) (int, error) {
	a.lines.Add(line{text: bytes.Clone(b)})
	return len(b), nil
}

// later queues a line whose text takes long to find out. The goroutine calls text.
func (a *AsyncWriter) later(text func() []byte) { a.lines.Add(line{later: text}) }

// run writes until the writer is closed and nothing waits. It ignores errors, which mean
// that the reader has gone.
func (a *AsyncWriter) run(w io.Writer, jsonLines bool) {
	defer close(a.done)
	for seen := uint64(0); ; {
		lines, lost := a.lines.Next(context.Background(), seen, 1)
		if lost > 0 {
			w.Write(missing(int(lost), jsonLines))
		}
		for _, l := range lines {
			if l.later != nil {
				l.text = l.later()
			}
			w.Write(l.text)
		}
		if len(lines) == 0 {
			return
		}
		seen += lost + 1
	}
}

// Close waits a moment until everything is written. Lines that come later are lost.
func (a *AsyncWriter) Close() {
	a.lines.End()
	select {
	case <-a.done:
	case <-time.After(wait.Reader):
	}
}
