package ui

import (
	"bytes"
	"io"
	"sync"
	"time"
)

// AsyncWriter is a writer that never blocks: neither a paused terminal (Ctrl-S) nor
// a pipe that is not read may stop the supervisor's loop, and with it swaps,
// commands and signals. A goroutine of the queue writes the lines, in order.
// Printer for which there is no room are left out and counted; the count is a line
// of its own, at the place where they are missing.
type AsyncWriter struct {
	w       io.Writer
	leftOut func(n int) []byte // renders that line
	done    chan struct{}      // closed when the goroutine has ended

	mu      sync.Mutex // guards what follows
	news    *sync.Cond // something was queued, or closed
	queue   []queued
	room    int // bytes
	missing int // lines left out since the newest in the queue
	closed  bool
}

// queued is one line.
type queued struct {
	text    []byte
	later   func() []byte // if set, gives the text when it is the line's turn
	missing int           // lines left out right before it
}

const (
	// queueBytes bounds the memory of the lines that wait.
	queueBytes = 256 << 10
	// lineOverhead is what a line takes of it besides its text.
	lineOverhead = 128
	// flushTimeout is how long the end waits for lines that nobody takes.
	flushTimeout = time.Second
)

func NewAsyncWriter(w io.Writer, leftOut func(n int) []byte) *AsyncWriter {
	o := &AsyncWriter{w: w, leftOut: leftOut, done: make(chan struct{}), room: queueBytes}
	o.news = sync.NewCond(&o.mu)
	go o.Run()
	return o
}

// Write queues a copy of one line.
func (o *AsyncWriter) Write(b []byte) (int, error) {
	o.put(queued{text: bytes.Clone(b)})
	return len(b), nil
}

// later queues a line whose text takes long to find out. The queue's goroutine
// calls text; nil means that there is no line after all.
func (o *AsyncWriter) later(text func() []byte) { o.put(queued{later: text}) }

func (o *AsyncWriter) put(q queued) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return
	}
	// A single line may be longer than the room: it is queued alone.
	if o.room < q.size() && len(o.queue) > 0 {
		o.missing++
		return
	}
	q.missing, o.missing = o.missing, 0
	o.room -= q.size()
	o.queue = append(o.queue, q)
	o.news.Signal()
}

func (q queued) size() int { return len(q.text) + lineOverhead }

// run writes until the queue is closed and empty. Write errors mean that the
// reader has gone, which wants no more lines.
func (o *AsyncWriter) Run() {
	defer close(o.done)
	for {
		q, ok := o.Take()
		if !ok {
			return
		}
		if q.missing > 0 {
			_, _ = o.w.Write(o.leftOut(q.missing))
		}
		if q.later != nil {
			q.text = q.later()
		}
		if len(q.text) > 0 {
			_, _ = o.w.Write(q.text)
		}
	}
}

// take waits for the next line. When the queue is empty and lines are missing, it
// is a line without text.
func (o *AsyncWriter) Take() (queued, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.queue) == 0 && o.missing == 0 && !o.closed {
		o.news.Wait()
	}
	if len(o.queue) == 0 {
		q := queued{missing: o.missing}
		o.missing = 0
		return q, q.missing > 0
	}
	q := o.queue[0]
	o.queue[0] = queued{}
	o.queue = o.queue[1:]
	o.room += q.size()
	return q, true
}

// close waits a moment for what is left to be written. What is written to the
// AsyncWriter afterwards is lost.
func (o *AsyncWriter) Close() {
	o.mu.Lock()
	o.closed = true
	o.news.Signal()
	o.mu.Unlock()
	timer := time.NewTimer(flushTimeout)
	defer timer.Stop()
	select {
	case <-o.done:
	case <-timer.C:
	}
}
