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
	over bool          // the handler has taken the connection over, as for a WebSocket
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
		switch state {
		case http.StateClosed:
			c.leave(conn)
		case http.StateHijacked:
			c.takenOver(conn)
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

// takenOver counts a connection as silent from now on, although its handler runs: a WebSocket may be silent for hours.
func (c *Crowd) takenOver(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if g := c.open[conn]; g != nil {
		g.over, g.at = true, c.silent.PushBack(g)
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
	switch {
	case c.open[g.conn] != g:
	case g.over:
		c.removeLocked(g)
	default:
		g.at = c.silent.PushBack(g)
	}
}
