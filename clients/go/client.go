package hotswap

import (
	"context"
	"errors"
	"os"
	"sync"
)

// link carries requests to what answers them: hotswap, or the memory of the process. Its methods do not block.
type link interface {
	// send sends a request. The link calls on with each answer and event; on must not block. The id is 0 if the
	// connection has ended.
	send(r request, on func(*message)) (id uint64)
	// also sends another line with the id of a request, unless that is over.
	also(id uint64, r request)
}

// client opens the link of the process.
type client struct {
	path   string  // of hotswap's socket; "": there is no hotswap
	memory *memory // answers without hotswap

	mu   sync.Mutex  // guards conn
	conn *connection // nil: not opened yet
}

func newClient(path string) *client { return &client{path: path, memory: newMemory()} }

// ours is the client of this process. The program may set its environment before the first call.
var ours = sync.OnceValue(func() *client { return newClient(os.Getenv("HOTSWAP_SOCKET")) })

// link returns the link, and opens a connection at the first request and after the last connection has ended.
func (c *client) link() (link, error) {
	if c.path == "" {
		return c.memory, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn == nil || c.conn.ended() {
		conn, err := dial(c.path)
		if err != nil {
			return nil, err
		}
		c.conn = conn
	}
	return c.conn, nil
}

// ask sends a request that has one answer, and waits for the answer. If the connection ends, it sends the request
// once more: a hotswap that replaces itself has not done what it has not answered.
func (c *client) ask(ctx context.Context, r request) (*message, error) {
	m, err := c.askOnce(ctx, r)
	if errors.Is(err, errClosed) {
		m, err = c.askOnce(ctx, r)
	}
	return m, err
}

func (c *client) askOnce(ctx context.Context, r request) (*message, error) {
	if err := ctx.Err(); err != nil { // first, because select chooses at random
		return nil, err
	}
	l, err := c.link()
	if err != nil {
		return nil, err
	}
	answer := make(chan *message, 1)
	l.send(r, func(m *message) { answer <- m })
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case m := <-answer:
		return m, m.err()
	}
}
