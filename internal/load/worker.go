package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// worker is one client, with one request at a time. Only its goroutine uses it.
type worker struct {
	client    *Client
	kind      *Kind
	kindIndex int
	number    int // from 1 within the kind
	target    string
	soft      context.Context // ends: no further request is begun
	hard      context.Context // ends: the current request is given up

	conn *conn // kept alive, or nil
}

// retryPause keeps a worker without think time from spinning while it is refused.
const retryPause = 5 * time.Millisecond

func (w *worker) run() {
	defer func() { w.client.stats.left(w.kind, time.Now()) }()
	// Spreads the workers over the think time.
	w.pause(w.kind.Think * time.Duration(w.number-1) / time.Duration(w.kind.Workers))
	for n := 1; w.soft.Err() == nil && (w.kind.Limit == 0 || n <= w.kind.Limit); n++ {
		think := w.kind.Think
		if w.request(n).Failure() {
			think = max(think, retryPause)
		}
		w.pause(think)
	}
	w.drop()
}

// pause waits for d or the end of the run.
func (w *worker) pause(d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-w.soft.Done():
	}
}

func (w *worker) drop() {
	if w.conn != nil {
		w.conn.Close()
		w.conn = nil
	}
}

// request makes the n-th request, on the kept connection if there is one, and records
// its outcome.
func (w *worker) request(n int) Class {
	allowed := w.client.cfg.Timeout + w.kind.Slow
	o := outcome{kind: w.kindIndex, target: w.target}
	start := time.Now()
	if w.conn != nil {
		w.conn.SetDeadline(start.Add(allowed))
		if noise := w.look(); noise {
			o.class, o.err = Wrong, errors.New("bytes that answer no request came on an idle connection")
			o.local, o.request, o.dialed, o.done = w.conn.LocalAddr().String(), w.conn.asked, w.conn.dialed, start
			return w.book(o)
		}
	}
	if w.conn == nil {
		w.client.stats.dial(w.kindIndex)
		c, dialed, err := dial(w.hard, w.target, allowed)
		o.dialed, o.request = dialed, 1
		if err != nil {
			o.done, o.err = time.Now(), err
			o.class = broken{err: err}.class(w.client.cfg.RaceWithin)
			return w.book(o)
		}
		c.SetDeadline(dialed.Add(allowed))
		w.conn, start = c, dialed
	}
	return w.exchange(o, n, start)
}

// look drops the kept connection if the server has closed it. It reports whether bytes
// came that answer no request.
func (w *worker) look() (noise bool) {
	if hook := w.client.beforeLook; hook != nil {
		hook(w.conn)
	}
	switch w.conn.idle() {
	case idleClosed:
		w.client.stats.closed(w.kindIndex, func(c *Closes) { c.Idle++ })
	case idleReset:
		if w.hard.Err() != nil {
			return false // the run is over; the exchange will find out
		}
		w.client.stats.closed(w.kindIndex, func(c *Closes) { c.Reset++ })
	case idleNoise:
		return true
	default:
		return false
	}
	w.drop()
	return false
}

// exchange writes a request, reads its answer and books the outcome o.
func (w *worker) exchange(o outcome, n int, start time.Time) Class {
	c := w.conn
	reused := c.asked > 0
	c.asked++
	c.got, c.err = 0, nil
	o.dialed, o.local, o.request = c.dialed, c.LocalAddr().String(), c.asked

	var body []byte
	if w.kind.Body != nil {
		body = w.kind.Body(w.number, n)
	}
	bytes := request(w.kind, w.target, body)
	before, known := acked(c.raw)
	if hook := w.client.beforeWrite; hook != nil && reused {
		hook(c)
	}
	o.wrote = time.Now()
	if _, err := c.Write(bytes); err != nil {
		o.err = fmt.Errorf("write the request: %w", err)
		return w.broke(o, broken{err: err, writing: true, reused: reused})
	}
	resp, got, err := c.answer(w.kind.Method)
	o.got, o.err, o.done = c.got, err, time.Now()
	switch {
	case err != nil && c.err != nil:
		// The parser calls every end unexpected; the connection knows which.
		o.err = fmt.Errorf("read the answer: %w", c.err)
		if after, ok := acked(c.raw); known && ok {
			switch {
			case after > before:
				o.taken = takenYes
			case errors.Is(c.err, io.EOF): // a reset may hide an ACK, a FIN may not
				o.taken = takenNo
			}
		}
		return w.broke(o, broken{err: c.err, got: c.got, reused: reused, taken: o.taken})
	case err != nil:
		o.class = Wrong
		return w.book(o)
	}
	o.complete, o.latency, o.class = true, o.done.Sub(start), OK
	a := Answer{Method: w.kind.Method, Path: w.kind.Path, Sent: body, Status: resp.StatusCode, Header: resp.Header,
		Body: got, Began: start}
	o.version, o.err = w.client.cfg.Checks.check(a)
	if o.err != nil {
		o.class = Wrong
	}
	if w.kind.KeepAlive && resp.Close {
		w.client.stats.closed(w.kindIndex, func(c *Closes) { c.Announced++ })
	}
	if !w.kind.KeepAlive || resp.Close {
		w.drop()
	}
	return w.book(o)
}

// broke records a request whose connection failed.
func (w *worker) broke(o outcome, b broken) Class {
	o.done = w.conn.errAt
	b.waited = o.done.Sub(o.wrote)
	o.class = b.class(w.client.cfg.RaceWithin)
	return w.book(o)
}

// book records an outcome. A connection with a failed request is not used again.
func (w *worker) book(o outcome) Class {
	if o.class != OK {
		w.drop()
	}
	if o.class != OK && !o.complete && w.hard.Err() != nil {
		o.class = Abandoned
	}
	w.client.stats.record(o)
	return o.class
}
