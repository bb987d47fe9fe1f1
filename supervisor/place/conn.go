package place

import (
	"bufio"
	"bytes"
	"context"
	"net"
	"sync"
	"time"
)

const (
	maxLine  = 2 << 20   // bytes of a line, without its line feed
	readSize = 32 << 10  // of a connection's buffer; so much is applied at once
	maxOpen  = 4 << 10   // open requests of a connection
	maxBatch = 256 << 10 // bytes of answers that are collected before they are written

	// haltTime is how long another hotswap waits for a client that does not read its answers.
	haltTime = time.Second
)

// conn is a connection that speaks lines.
type conn struct {
	of   *Session
	pid  int // of the process that has connected; 0: the kernel does not tell
	sock *net.UnixConn
	in   *bufio.Reader // the reader's

	// Server.mu guards the next two.
	guarded bool // the end of the process is waited for
	dead    bool // the process has ended

	news chan struct{} // has a token when something is dirty

	mu     sync.Mutex // guards what follows; no other is taken under it
	spoken bool       // hello has been said; only the reader changes that
	halts  bool       // it ends when hello has been said: another hotswap gets the store
	open   map[int64]open
	dirty  map[int64]open // of these, those that have news

	writing sync.Mutex   // held while lines are applied or written; guards out
	out     bytes.Buffer // lines that are not written
}

// open is a request that is answered later, or again and again.
type open interface {
	number() int64
	// say writes its news, about max bytes at most. It reports whether there are more, and whether the
	// request is over.
	say(out *bytes.Buffer, max int) (more, over bool)
	// drop ends the request, which is answered no more: it was cancelled, or the connection has ended.
	drop(gone bool)
}

// numbered is what all of them have.
type numbered struct {
	id int64
	c  *conn
}

func (n numbered) number() int64 { return n.id }

func newConn(ses *Session, sock *net.UnixConn, pid int) *conn {
	return &conn{
		of: ses, pid: pid, sock: sock, in: bufio.NewReaderSize(sock, readSize), news: make(chan struct{}, 1),
		open: map[int64]open{}, dirty: map[int64]open{},
	}
}

// serve serves the connection until its client or the generation goes, or it halts. It closes the socket, at once
// unless it halts: the client still has to read what was answered, and must not get an error from what it writes.
func (c *conn) serve(living context.Context) {
	ctx, cancel := context.WithCancel(living)
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = c.sock.Close() })()
	over := make(chan struct{})
	var writing sync.WaitGroup
	writing.Go(func() { c.write(over) })
	c.read()
	close(over)
	c.mu.Lock()
	halts := c.halts
	c.mu.Unlock()
	if !halts {
		cancel()
	}
	c.end()
	writing.Wait()
	if halts {
		_ = c.sock.CloseWrite()
		time.AfterFunc(haltTime, func() { _ = c.sock.Close() })
	}
}

// halt makes the connection end between two lines. What has no answer then was not applied. A client without an
// answer to hello would not connect again, so the connection waits for that.
func (c *conn) halt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.halts = true
	_ = c.sock.SetDeadline(time.Now().Add(haltTime))
	if c.spoken {
		_ = c.sock.SetReadDeadline(time.Unix(1, 0))
	}
}

// greeted notes that hello has been said.
func (c *conn) greeted() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spoken = true
	if c.halts {
		_ = c.sock.SetReadDeadline(time.Unix(1, 0))
	}
}

// read applies what the client writes until it goes or the connection halts.
func (c *conn) read() {
	for {
		all, err := c.lines()
		if c.batch(all) != nil || err != nil {
			return
		}
	}
}

// lines waits for the next line, and returns it with all complete ones that have come behind it.
func (c *conn) lines() (all []request, err error) {
	for {
		r, err := c.line()
		if err != nil {
			return all, err
		}
		all = append(all, r)
		if ahead, _ := c.in.Peek(c.in.Buffered()); bytes.IndexByte(ahead, '\n') < 0 {
			return all, nil
		}
	}
}

// line reads a line. Of one that is too long it keeps the beginning.
func (c *conn) line() (request, error) {
	var line []byte
	for size := 0; ; {
		part, err := c.in.ReadSlice('\n')
		if size += len(part); size <= maxLine+1 {
			line = append(line, part...)
		}
		switch {
		case err == bufio.ErrBufferFull:
		case err != nil:
			return request{}, err
		case size > maxLine+1:
			return request{ID: leadingID(line), wrong: errorf(codeLarge, "the line is longer than %d bytes", maxLine)}, nil
		default:
			return decode(line[:size-1]), nil
		}
	}
}

// batch applies lines, and writes the answers. No news are written meanwhile, so that they come behind the answers
// to earlier requests.
func (c *conn) batch(all []request) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	if err := c.apply(all); err != nil {
		return err
	}
	return c.flush()
}

// flush writes the lines. c.writing is held.
func (c *conn) flush() error {
	_, err := c.out.WriteTo(c.sock)
	if c.out.Cap() > maxBatch {
		c.out = bytes.Buffer{}
	}
	return err
}

// write writes news until the connection is over.
func (c *conn) write(over <-chan struct{}) {
	for {
		select {
		case <-c.news:
		case <-over:
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
		more, over := o.say(&c.out, maxBatch)
		switch {
		case over:
			if c.forget(o) {
				o.drop(false)
			}
		case more:
			c.mark(o)
		}
		if c.out.Len() >= maxBatch {
			if err := c.flush(); err != nil {
				return err
			}
		}
	}
	return c.flush()
}

// mark says that an open request has news. It does not block.
func (c *conn) mark(o open) {
	c.mu.Lock()
	if c.open[o.number()] == o {
		c.dirty[o.number()] = o
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
	for id, o := range c.dirty {
		delete(c.dirty, id)
		return o
	}
	return nil
}

// begin makes a request an open one. Its news are told from now on.
func (c *conn) begin(o open) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.open) >= maxOpen {
		return errorf(codeFull, "the connection has %d open requests: cancel some", maxOpen)
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
	delete(c.dirty, o.number())
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
	c.open, c.dirty = map[int64]open{}, map[int64]open{}
	c.mu.Unlock()
	for _, o := range all {
		o.drop(true)
	}
}
