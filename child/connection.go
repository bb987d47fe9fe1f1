package child

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
)

// connection is a connection to hotswap. One goroutine reads it. Whoever has something to send writes it, and
// also what others want to send meanwhile, so that many small requests become one write.
type connection struct {
	conn *net.UnixConn

	mu      sync.Mutex // guards the following fields
	calls   map[uint64]call
	last    uint64 // id
	out     []byte // to be sent
	writing bool
	lost    error // why the connection has ended

	dead  atomic.Bool // lost is set
	taken atomic.Bool // hotswap has answered, so it serves this process
}

// call is an open request. on gets all that hotswap says to the request, and must not block.
type call struct {
	on   func(*message)
	once bool // there is one answer
}

// maxLine limits a line from hotswap: a value of 1 MiB, or a page of 1,000 keys of 512 bytes, escaped.
const maxLine = 8 << 20

// dial connects.
func dial(path string) (*connection, error) {
	conn, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrGone, err)
	}
	c := &connection{conn: conn, calls: map[uint64]call{}}
	// Requests need not wait for the answer, because hotswap reads in order: if it refuses, it
	// says so before it answers anything else.
	c.send(op("hello").number("version", 1).text("client", "go"), call{once: true, on: func(m *message) {
		switch err := m.err(); {
		case err == nil:
			c.taken.Store(true)
		case m.lost == nil:
			c.end(err)
		}
	}})
	go c.read()
	return c, nil
}

// send sends a request.
func (c *connection) send(r request, on call) (id uint64) {
	c.mu.Lock()
	if c.lost != nil {
		lost := c.lost
		c.mu.Unlock()
		on.on(&message{lost: lost})
		return 0
	}
	c.last++
	id = c.last
	c.calls[id] = on
	c.writeLocked(id, r)
	return id
}

// also sends another line with the id of an open request.
func (c *connection) also(id uint64, r request) {
	c.mu.Lock()
	if c.lost != nil || c.calls[id].on == nil {
		c.mu.Unlock()
		return
	}
	c.writeLocked(id, r)
}

// forget drops what hotswap still says to the request, if it says anything.
func (c *connection) forget(id uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.calls, id)
}

// writeLocked unlocks mu.
func (c *connection) writeLocked(id uint64, r request) {
	c.out = strconv.AppendUint(append(c.out, `{"id":`...), id, 10)
	c.out = append(append(append(c.out, ','), r...), '}', '\n')
	if c.writing {
		c.mu.Unlock()
		return
	}
	c.writing = true
	for len(c.out) > 0 {
		out := c.out
		c.out = nil
		c.mu.Unlock()
		// If hotswap has closed the connection, the reader finds its last words and then the end.
		// Any other error ends the connection, which the reader reports.
		if _, err := c.conn.Write(out); err != nil && !errors.Is(err, syscall.EPIPE) {
			_ = c.conn.Close()
		}
		c.mu.Lock()
	}
	c.writing = false
	c.mu.Unlock()
}

// read reads lines until the connection ends.
func (c *connection) read() {
	buf, have := make([]byte, 16<<10), 0
	for {
		n, err := c.conn.Read(buf[have:])
		if errors.Is(err, io.EOF) {
			err = errors.New("hotswap has closed the connection")
		}
		if err != nil {
			c.end(fmt.Errorf("%w: %w", ErrGone, err))
			return
		}
		from := 0
		seen := have // bytes that have no end of a line
		have += n
		for {
			at := bytes.IndexByte(buf[seen:have], '\n')
			if at < 0 {
				break
			}
			var m message
			if err := json.Unmarshal(buf[from:seen+at], &m); err != nil {
				c.end(fmt.Errorf("%w: a line of hotswap: %w", ErrGone, err))
				return
			}
			c.deliver(&m)
			from = seen + at + 1
			seen = from
		}
		have = copy(buf, buf[from:have])
		if have == len(buf) {
			if have >= maxLine {
				c.end(fmt.Errorf("%w: a line of hotswap has more than %d bytes", ErrGone, maxLine))
				return
			}
			buf = append(buf, make([]byte, len(buf))...)
		} else if have == 0 && len(buf) > 1<<20 {
			buf = make([]byte, 16<<10)
		}
	}
}

func (c *connection) deliver(m *message) {
	c.mu.Lock()
	call := c.calls[m.ID]
	if call.once || m.Code != "" {
		delete(c.calls, m.ID)
	}
	c.mu.Unlock()
	if call.on != nil {
		call.on(m)
	}
}

// end tells all open requests. Only the reader calls it.
func (c *connection) end(why error) {
	_ = c.conn.Close()
	c.mu.Lock()
	if c.lost == nil {
		c.lost = why
	}
	why = c.lost
	c.dead.Store(true)
	calls := c.calls
	c.calls = nil
	c.mu.Unlock()
	for _, call := range calls {
		call.on(&message{lost: why})
	}
}
