package place

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"maps"
	"net"
	"sync"
)

const (
	maxLine  = 2 << 20   // bytes of a line, without its line feed
	readSize = 32 << 10  // of a connection's buffer
	maxBatch = 256 << 10 // bytes of answers that are collected before they are written
)

type conn struct {
	of     *Session
	server *Server // the session's
	pid    int     // of the process that has connected; 0: the kernel does not tell
	sock   *net.UnixConn
	in     *bufio.Reader // the reader's, as is held
	unread int64         // bytes of the line that is read or applied, as far as they count

	// Server.mu guards the next two.
	guarded bool // the end of the process is waited for
	dead    bool // the process has ended

	spoken bool // hello has been said; the reader's

	mu    sync.Mutex // guards what follows; no other is taken under it
	open  map[int64]open
	dirty map[open]bool // of these, those that have news
	tells bool          // a goroutine writes the news, or is about to

	writing sync.Mutex   // held while lines are applied or written; guards out
	out     bytes.Buffer // lines that are not written
}

// open is a request that is answered later, or again and again.
type open interface {
	number() int64
	// say writes its news, and reports whether the request is over.
	say() (over bool)
	// dropLocked ends the request, which is answered no more: it was cancelled, or the connection has ended.
	dropLocked(gone bool)
}

// numbered is what all of them have.
type numbered struct {
	id int64
	c  *conn
}

func (n numbered) number() int64 { return n.id }
func (n numbered) put(a answer)  { n.c.put(n.id, a) }

func newConn(ses *Session, sock *net.UnixConn, pid int) *conn {
	return &conn{
		of: ses, server: ses.of, pid: pid, sock: sock, in: bufio.NewReaderSize(sock, readSize),
		open: map[int64]open{}, dirty: map[open]bool{},
	}
}

// serve applies what the client writes until it or the generation goes, or it writes what is no request.
func (c *conn) serve(living context.Context) {
	defer c.end()
	defer context.AfterFunc(living, func() { _ = c.sock.Close() })()
	for {
		line, err := c.line()
		if err == nil {
			err = c.answer(line)
		}
		c.of.unread.Add(-c.unread)
		c.unread = 0
		if err != nil {
			return
		}
	}
}

// line reads a line. Of one that is too long it reads the beginning, which is too long, too.
func (c *conn) line() (line []byte, err error) {
	for len(line) <= maxLine {
		part, err := c.in.ReadSlice('\n')
		if err == bufio.ErrBufferFull {
			c.unread += int64(len(part))
			if c.of.unread.Add(int64(len(part))) > maxUnread {
				return nil, c.refuse(errorf(codeFull, "the generation has %d bytes of lines that have not ended",
					maxUnread))
			}
		}
		line = append(line, part...)
		if err != bufio.ErrBufferFull {
			return bytes.TrimSuffix(line, []byte("\n")), err
		}
	}
	return line, nil
}

func (c *conn) refuse(why error) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	c.put(0, failure(why))
	return errors.Join(why, c.flush())
}

// answer applies a line, and writes the answers unless another line has come, which shares the write. It returns an
// error if the connection has to end.
func (c *conn) answer(line []byte) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	r, err := decode(line)
	if err == nil {
		err = c.apply(&r)
	}
	if err != nil {
		c.put(r.ID, failure(err))
	}
	if r.ID == 0 { // no client can know which request was meant
		return errors.Join(err, c.flush())
	}
	if ahead, _ := c.in.Peek(c.in.Buffered()); c.out.Len() < maxBatch && bytes.IndexByte(ahead, '\n') >= 0 {
		return nil
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

// tell writes the events of open requests. An error ends the connection, which the reader sees.
func (c *conn) tell() {
	c.writing.Lock()
	defer c.writing.Unlock()
	for o := c.nextDirty(); o != nil; o = c.nextDirty() {
		if o.say() {
			c.finish(o, false)
		}
		if c.out.Len() >= maxBatch && c.flush() != nil {
			break
		}
	}
	if c.flush() != nil {
		c.sock.Close()
	}
}

// mark says that an open request has news. It does not block.
func (c *conn) mark(o open) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open[o.number()] != o {
		return
	}
	c.dirty[o] = true
	if !c.tells {
		c.tells = true
		go c.tell()
	}
}

func (c *conn) nextDirty() open {
	c.mu.Lock()
	defer c.mu.Unlock()
	for o := range c.dirty {
		delete(c.dirty, o)
		return o
	}
	c.tells = false
	return nil
}

// begin makes a request an open one, whose events are written from now on.
func (c *conn) begin(o open) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of.opens.Add(1) > maxOpens {
		c.of.opens.Add(-1)
		return errorf(codeFull, "the generation has %d open requests: cancel some", maxOpens)
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
	delete(c.dirty, o)
	c.of.opens.Add(-1)
	return true
}

// finish ends an open request; gone: because the connection has ended. It reports whether the request was open.
func (c *conn) finish(o open, gone bool) bool {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	was := c.forget(o)
	if was {
		o.dropLocked(gone)
	}
	return was
}

func (c *conn) find(id int64) open {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open[id]
}

func (c *conn) end() {
	c.mu.Lock()
	all := maps.Clone(c.open)
	c.mu.Unlock()
	for _, o := range all {
		c.finish(o, true)
	}
}
