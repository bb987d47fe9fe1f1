package main

import (
	"bytes"
	"io"
	"time"
)

// outbox is a writer that does not block: a terminal that is paused (Ctrl-S),
// or a pipe that nobody reads, must not stop swaps. Lines are written in order
// by a goroutine of its own; only when thousands of them wait does Write wait
// too, for nothing is to be lost.
type outbox struct {
	w     io.Writer
	lines chan []byte
	done  chan struct{}
}

const (
	outboxLines = 8192
	// outboxLast is how long the end waits for lines that nobody takes.
	outboxLast = time.Second
)

func newOutbox(w io.Writer) *outbox {
	o := &outbox{w: w, lines: make(chan []byte, outboxLines), done: make(chan struct{})}
	go func() {
		defer close(o.done)
		for line := range o.lines {
			_, _ = o.w.Write(line) // a reader that has gone wants no more lines
		}
	}()
	return o
}

// Write takes a copy of one line.
func (o *outbox) Write(b []byte) (int, error) {
	o.lines <- bytes.Clone(b)
	return len(b), nil
}

// close writes what is left. No Write may follow.
func (o *outbox) close() {
	close(o.lines)
	select {
	case <-o.done:
	case <-time.After(outboxLast):
	}
}
