package hotswap

import (
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

func newClient(path string) *client { return &client{path: path, memory: &memory{}} }

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
