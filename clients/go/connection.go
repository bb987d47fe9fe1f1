package hotswap

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"
)

// connection is a connection to hotswap. One goroutine reads. Another one writes while there is something to
// write, so that many small requests become one write and no sender blocks.
type connection struct {
	conn    *net.UnixConn
	greeted bool // hotswap has accepted this process; only the reader uses it

	mu      sync.Mutex // guards the following fields
	calls   map[uint64]func(*message)
	last    uint64 // id
	out     []byte // to be sent
	writing bool
	lost    error // why the connection has ended
}

func dial(path string) (*connection, error) {
	conn, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrGone, err)
	}
	c := &connection{conn: conn, calls: map[uint64]func(*message){}}
	// Requests need not wait for the answer: if hotswap refuses, it says so before it answers anything else.
	c.send(request{Op: "hello", Version: 1}, func(m *message) {
		if err := m.err(); err == nil {
			c.greeted = true
		} else if m.lost == nil {
			c.end(err)
		}
	})
	go c.read()
	return c, nil
}

func (c *connection) ended() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lost != nil
}

func (c *connection) send(r request, on func(*message)) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lost != nil {
		go on(&message{lost: c.lost})
		return 0
	}
	c.last++
	c.calls[c.last] = on
	c.writeLocked(c.last, r)
	return c.last
}

func (c *connection) also(id uint64, r request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls[id] != nil {
		c.writeLocked(id, r)
	}
}

func (c *connection) writeLocked(id uint64, r request) {
	r.ID = id
	line, _ := json.Marshal(r) // cannot fail
	c.out = append(append(c.out, line...), '\n')
	if !c.writing {
		c.writing = true
		go c.write()
	}
}

// write writes until there is nothing more to write.
func (c *connection) write() {
	c.mu.Lock()
	defer c.mu.Unlock()
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
}

// read reads lines until the connection ends.
func (c *connection) read() {
	lines := bufio.NewScanner(c.conn)
	for lines.Scan() {
		m := &message{}
		if err := json.Unmarshal(lines.Bytes(), m); err != nil {
			c.end(fmt.Errorf("%w: a line of hotswap: %w", ErrGone, err))
			return
		}
		c.mu.Lock()
		on := c.calls[m.ID]
		if m.final() {
			delete(c.calls, m.ID)
		}
		c.mu.Unlock()
		if on != nil {
			on(m)
		}
	}
	err := lines.Err()
	switch {
	case err != nil && !errors.Is(err, syscall.ECONNRESET):
	case c.greeted:
		err = errClosed
	default:
		err = errors.New("hotswap does not accept this process")
	}
	c.end(fmt.Errorf("%w: %w", ErrGone, err))
}

// end tells all open requests. Only the reader calls it.
func (c *connection) end(why error) {
	_ = c.conn.Close()
	c.mu.Lock()
	c.lost = cmp.Or(c.lost, why)
	why = c.lost
	calls := c.calls
	c.calls = nil
	c.mu.Unlock()
	for _, on := range calls {
		on(&message{lost: why})
	}
}
