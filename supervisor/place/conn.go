package place

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

const (
	maxOpen  = 16 << 10  // open requests of a generation's connections
	maxBatch = 256 << 10 // bytes of answers that are collected before they are written
)

// conn is a connection that speaks lines.
type conn struct {
	of   *Session
	pid  int // of the process that has connected; 0: the kernel does not tell
	sock *net.UnixConn

	// Server.mu guards the next two.
	guarded bool // the end of the process is waited for
	dead    bool // the process has ended

	// Only the reader uses the next ones.
	in  reader
	out answers

	news chan struct{} // has a token when something is dirty

	mu     sync.Mutex // guards what follows; no other is taken under it
	spoken bool       // hello has been said; only the reader changes that
	halts  bool       // it ends when hello has been said and nothing unread is left: another hotswap gets the store
	open   map[int64]open
	dirty  []open // that have news, each once, in order
	isIn   map[open]bool

	writing sync.Mutex // held while lines are applied or written; guards what follows
	events  answers
}

// open is a request that is answered later, or again and again.
type open interface {
	number() int64
	// say adds its news, about max bytes at most. It reports whether there are more, and whether the
	// request is over.
	say(a *answers, max int) (more, over bool)
	// drop ends the request, which is answered no more: it was cancelled, or the connection has ended.
	drop(gone bool)
}

func newConn(ses *Session, sock *net.UnixConn, pid int) *conn {
	return &conn{
		of: ses, pid: pid, sock: sock, in: newReader(sock, &ses.unfinished), news: make(chan struct{}, 1),
		open: map[int64]open{}, isIn: map[open]bool{},
	}
}

// halt makes the connection end between two lines. What has no answer then was not applied.
func (c *conn) halt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.halts = true
	c.haltLocked()
}

// haltLocked does not disturb a client that has connected a moment ago: without an answer to hello it would not
// connect again.
func (c *conn) haltLocked() {
	if c.halts && c.spoken {
		_ = c.sock.SetReadDeadline(time.Unix(1, 0))
	}
}

// silence is the time for the first byte. A program that starts may be busy between connecting and its first
// word. Tests shorten it.
var silence = time.Minute

// first waits for the first byte, which comes soon, because a connection takes the place of another's.
func (c *conn) first() error {
	c.readUntil(time.Now().Add(silence))
	err := c.in.begin()
	if err == nil {
		c.readUntil(time.Time{})
	}
	return err
}

// readUntil sets until when a read waits, unless the connection halts.
func (c *conn) readUntil(then time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.sock.SetReadDeadline(then)
	c.haltLocked()
}

// read applies what the client writes until it goes or the connection halts.
func (c *conn) read() {
	for halts := false; c.batch() == nil; {
		err := c.in.fill(halts)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			halts = true
			err = c.in.fill(halts)
		}
		if errors.Is(err, errUnfinished) {
			c.refuse()
		}
		if err != nil {
			return
		}
	}
}

// refuse says why the connection ends.
func (c *conn) refuse() {
	c.writing.Lock()
	defer c.writing.Unlock()
	c.out.fail(0, errorf(codeFull, "the generation has %d bytes of lines that have not ended", maxUnfinished))
	_ = c.flush(&c.out)
}

// batch applies the lines that have come, and writes the answers. No news are written meanwhile, so that
// they come behind the answers to earlier requests.
func (c *conn) batch() error {
	c.writing.Lock()
	defer c.writing.Unlock()
	var all []request
	for line, long, ok := c.in.next(); ok; line, long, ok = c.in.next() {
		r := request{ID: leadingID(line), wrong: errorf(codeLarge, "the line is longer than %d bytes", maxLine)}
		if !long {
			r = decode(line)
		}
		all = append(all, r)
	}
	if err := c.apply(all); err != nil {
		return err
	}
	return c.flush(&c.out)
}

// flush writes lines. c.writing is held.
func (c *conn) flush(a *answers) error {
	if len(a.buf) == 0 {
		return nil
	}
	_, err := c.sock.Write(a.buf)
	if a.buf = a.buf[:0]; cap(a.buf) > maxBatch {
		a.buf = nil
	}
	return err
}

// write writes news until the connection ends.
func (c *conn) write(ctx context.Context) {
	for {
		select {
		case <-c.news:
		case <-ctx.Done():
			return
		}
		if c.tell() != nil {
			_ = c.sock.Close() // the reader ends, too
			return
		}
	}
}

// tell writes the news that there are.
func (c *conn) tell() error {
	c.writing.Lock()
	defer c.writing.Unlock()
	for o := c.nextDirty(); o != nil; o = c.nextDirty() {
		more, over := o.say(&c.events, maxBatch)
		switch {
		case over:
			c.forget(o)
		case more:
			c.mark(o)
		}
		if len(c.events.buf) >= maxBatch {
			if err := c.flush(&c.events); err != nil {
				return err
			}
		}
	}
	return c.flush(&c.events)
}

// mark says that an open request has news. It does not block.
func (c *conn) mark(o open) {
	c.mu.Lock()
	if c.open[o.number()] == o && !c.isIn[o] {
		c.isIn[o] = true
		c.dirty = append(c.dirty, o)
	}
	c.mu.Unlock()
	select {
	case c.news <- struct{}{}:
	default:
	}
}

func (c *conn) nextDirty() open {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.dirty) > 0 {
		o := c.dirty[0]
		c.dirty = c.dirty[1:]
		delete(c.isIn, o)
		if c.open[o.number()] == o { // else it is over
			return o
		}
	}
	c.dirty = nil
	return nil
}

// begin makes a request an open one. Its news are told from now on.
func (c *conn) begin(o open) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.open[o.number()] != nil:
		return errorf(codeBad, "request %d is still open", o.number())
	case c.of.opened.Add(1) > maxOpen:
		c.of.opened.Add(-1)
		return errorf(codeFull, "the generation has %d open requests: cancel some", maxOpen)
	}
	c.open[o.number()] = o
	return nil
}

// forget ends an open request. It reports whether the request was open.
func (c *conn) forget(o open) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open[o.number()] != o {
		return false
	}
	delete(c.open, o.number())
	c.of.opened.Add(-1)
	return true
}

// find returns the open request of that number, or nil.
func (c *conn) find(id int64) open {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open[id]
}

// end ends all open requests, because the connection has ended.
func (c *conn) end() {
	c.mu.Lock()
	all := c.open
	c.open, c.dirty = map[int64]open{}, nil
	c.mu.Unlock()
	for _, o := range all {
		o.drop(true)
	}
	c.of.opened.Add(-int64(len(all)))
}
