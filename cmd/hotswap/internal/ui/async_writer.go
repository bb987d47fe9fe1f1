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
	done    chan struct{}      // closed when the goroutine has ended

	mu      sync.Mutex // guards what follows
	changed *sync.Cond // a line was queued, or the writer was closed
	queue   []line
	room    int // bytes
	missing int // lines left out since the newest in the queue
	closed  bool
}

// line is a line in the queue.
type line struct {
	text    []byte
	later   func() []byte // if set, gives the text when the line is written
	missing int           // lines left out right before this line
}

func (l line) size() int { return len(l.text) + lineOverhead }

const (
	queueRoom    = 256 << 10   // bytes of waiting lines
	lineOverhead = 128         // bytes that a line takes besides its text
	closeWithin  = time.Second // Close waits this long for lines that nobody reads
)

// NewAsyncWriter returns a writer to w. Close ends its goroutine.
func NewAsyncWriter(w io.Writer, jsonLines bool) *AsyncWriter {
	return newAsyncWriter(w, func(n int) []byte { return missing(n, jsonLines) })
}

func newAsyncWriter(w io.Writer, leftOut func(n int) []byte) *AsyncWriter {
	a := &AsyncWriter{w: w, leftOut: leftOut, done: make(chan struct{}), room: queueRoom}
	a.changed = sync.NewCond(&a.mu)
	go a.run()
	return a
}

// Write queues a copy of one line.
func (a *AsyncWriter) Write(b []byte) (int, error) {
	a.put(line{text: bytes.Clone(b)})
	return len(b), nil
}

// later queues a line whose text takes long to find out. The goroutine calls text; if text
// returns nil, nothing is written.
func (a *AsyncWriter) later(text func() []byte) { a.put(line{later: text}) }

func (a *AsyncWriter) put(l line) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return
	}
	// A single line may be longer than the room: it is queued alone.
	if a.room < l.size() && len(a.queue) > 0 {
		a.missing++
		return
	}
	l.missing, a.missing = a.missing, 0
	a.room -= l.size()
	a.queue = append(a.queue, l)
	a.changed.Signal()
}

// run writes until the writer is closed and the queue empty. It ignores errors, which mean
// that the reader has gone.
func (a *AsyncWriter) run() {
	defer close(a.done)
	for {
		l, ok := a.take()
		if !ok {
			return
		}
		if l.missing > 0 {
			_, _ = a.w.Write(a.leftOut(l.missing))
		}
		if l.later != nil {
			l.text = l.later()
		}
		if len(l.text) > 0 {
			_, _ = a.w.Write(l.text)
		}
	}
}

// take waits for the next line. If lines are missing at the end of the queue, take returns
// a line without text that has their number.
func (a *AsyncWriter) take() (line, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(a.queue) == 0 && a.missing == 0 && !a.closed {
		a.changed.Wait()
	}
	if len(a.queue) == 0 {
		l := line{missing: a.missing}
		a.missing = 0
		return l, l.missing > 0
	}
	l := a.queue[0]
	a.queue[0] = line{}
	a.queue = a.queue[1:]
	a.room += l.size()
	return l, true
}

// Close waits a moment until the queue is written. Lines that come later are lost.
func (a *AsyncWriter) Close() {
	a.mu.Lock()
	a.closed = true
	a.changed.Signal()
	a.mu.Unlock()
	timer := time.NewTimer(closeWithin)
	defer timer.Stop()
	select {
	case <-a.done:
	case <-timer.C:
	}
}
