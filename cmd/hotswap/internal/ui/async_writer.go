package ui

import (
	"bytes"
	"io"
	"sync"
	"time"
)

// AsyncWriter is a writer that never blocks. Neither a paused terminal (Ctrl-S) nor a pipe
// that nobody reads may stop the supervisor's loop, and with it swaps, commands and
// signals. A goroutine writes the lines in order. Lines for which there is no room are
// left out and counted; a line with their number stands in their place.
type AsyncWriter struct {
	w       io.Writer
	leftOut func(n int) []byte // renders that line
	queue   chan line
	done    chan struct{} // closed when the goroutine has ended

	mu      sync.Mutex // guards what follows, and sending to queue
	missing int        // lines left out since the newest in the queue
	closed  bool
}

// line is a line in the queue.
type line struct {
	text    func() []byte // called when the line is written; nil bytes: nothing is
	missing int           // lines left out right before this line
}

const (
	queueRoom   = 1 << 10     // lines
	closeWithin = time.Second // Close waits this long for lines that nobody reads
)

// NewAsyncWriter returns a writer to w. Close ends its goroutine.
func NewAsyncWriter(w io.Writer, jsonLines bool) *AsyncWriter {
	return newAsyncWriter(w, func(n int) []byte { return missing(n, jsonLines) })
}

func newAsyncWriter(w io.Writer, leftOut func(n int) []byte) *AsyncWriter {
	a := &AsyncWriter{w: w, leftOut: leftOut, queue: make(chan line, queueRoom), done: make(chan struct{})}
	go a.run()
	return a
}

// Write queues a copy of one line.
func (a *AsyncWriter) Write(b []byte) (int, error) {
	text := bytes.Clone(b)
	a.later(func() []byte { return text })
	return len(b), nil
}

// later queues a line whose text takes long to find out. The goroutine calls text; if text
// returns nil, nothing is written.
func (a *AsyncWriter) later(text func() []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return
	}
	select {
	case a.queue <- line{text, a.missing}:
		a.missing = 0
	default:
		a.missing++
	}
}

// run writes until the writer is closed and the queue empty. It ignores errors, which mean
// that the reader has gone.
func (a *AsyncWriter) run() {
	defer close(a.done)
	for l := range a.queue {
		a.count(l.missing)
		if text := l.text(); len(text) > 0 {
			_, _ = a.w.Write(text)
		}
		if len(a.queue) == 0 { // the count does not wait for another line
			a.mu.Lock()
			n := a.missing
			a.missing = 0
			a.mu.Unlock()
			a.count(n)
		}
	}
}

func (a *AsyncWriter) count(missing int) {
	if missing > 0 {
		_, _ = a.w.Write(a.leftOut(missing))
	}
}

// Close waits a moment until the queue is written. Lines that come later are lost.
func (a *AsyncWriter) Close() {
	a.mu.Lock()
	a.closed = true
	close(a.queue)
	a.mu.Unlock()
	timer := time.NewTimer(closeWithin)
	defer timer.Stop()
	select {
	case <-a.done:
	case <-timer.C:
	}
}
