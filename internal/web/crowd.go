package web

import (
	"container/list"
	"context"
	"net"
	"net/http"
	"sync"
)

// Crowd limits the connections of a server. When one more comes, the connection closes that has had no request in
// a handler for the longest time, so that silent clients keep nobody out.
type Crowd struct {
	most   int // connections
	mu     sync.Mutex
	open   map[net.Conn]*guest
	silent list.List // of *guest without a request, the longest silence first
}

// guest is a connection. Each HTTP/1 connection has one request at a time.
type guest struct {
	conn net.Conn
	at   *list.Element // in silent; nil: a handler runs
}

type guestKey struct{}

// NewCrowd returns a limit of so many connections.
func NewCrowd(most int) *Crowd { return &Crowd{most: most, open: map[net.Conn]*guest{}} }

// Guard has the server keep to the limit. It wraps the server's handler and sets ConnContext and ConnState.
func (c *Crowd) Guard(s *http.Server) {
	handle := s.Handler
	s.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g := r.Context().Value(guestKey{}).(*guest)
		c.speaks(g)
		defer c.rests(g)
		handle.ServeHTTP(w, r)
	})
	s.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		return context.WithValue(ctx, guestKey{}, c.enter(conn))
	}
	s.ConnState = func(conn net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			c.leave(conn)
		}
	}
}

// enter adds a connection, and closes another one, or this one, if there are too many.
func (c *Crowd) enter(conn net.Conn) *guest {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.open) >= c.most {
		if oldest := c.silent.Front(); oldest != nil {
			g := oldest.Value.(*guest)
			_ = g.conn.Close()
			c.removeLocked(g)
		} else {
			_ = conn.Close()
		}
	}
	g := &guest{conn: conn}
	g.at = c.silent.PushBack(g)
	c.open[conn] = g
	return g
}

func (c *Crowd) removeLocked(g *guest) {
	delete(c.open, g.conn)
	if g.at != nil {
		c.silent.Remove(g.at)
		g.at = nil
	}
}

func (c *Crowd) leave(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if g := c.open[conn]; g != nil {
		c.removeLocked(g)
	}
}

func (c *Crowd) speaks(g *guest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if g.at != nil {
		c.silent.Remove(g.at)
		g.at = nil
	}
}

// rests notes that a handler has returned.
func (c *Crowd) rests(g *guest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open[g.conn] == g {
		g.at = c.silent.PushBack(g)
	}
}
