package web

import (
	"context"
	"net"
	"net/http"
	"slices"
	"sync"
)

// Crowd limits the connections of a server. When one more comes, the connection closes that has had no request in
// a handler for the longest time, so that silent clients keep nobody out.
type Crowd struct {
	most int // connections
	mu   sync.Mutex
	open []*guest // those whose handler began or returned last come last
}

// guest is a connection. Each HTTP/1 connection has one request at a time.
type guest struct {
	conn   net.Conn
	speaks bool // a handler runs
}

type guestKey struct{}

// NewCrowd returns a limit of so many connections.
func NewCrowd(most int) *Crowd { return &Crowd{most: most} }

// Guard has the server keep to the limit. It wraps the server's handler and sets ConnContext and ConnState.
func (c *Crowd) Guard(s *http.Server) {
	handle := s.Handler
	s.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g := r.Context().Value(guestKey{}).(*guest)
		c.turn(g, true)
		defer c.turn(g, false)
		handle.ServeHTTP(w, r)
	})
	s.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		return context.WithValue(ctx, guestKey{}, c.enter(conn))
	}
	s.ConnState = func(conn net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.open = slices.DeleteFunc(c.open, func(g *guest) bool { return g.conn == conn })
		}
	}
}

// enter adds a connection, and closes another one, or this one, if there are too many.
func (c *Crowd) enter(conn net.Conn) *guest {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.open) >= c.most {
		if silent := slices.IndexFunc(c.open, func(g *guest) bool { return !g.speaks }); silent >= 0 {
			_ = c.open[silent].conn.Close()
			c.open = slices.Delete(c.open, silent, silent+1)
		} else {
			_ = conn.Close()
		}
	}
	g := &guest{conn: conn}
	c.open = append(c.open, g)
	return g
}

// turn notes that a handler begins or has returned.
func (c *Crowd) turn(g *guest, speaks bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	g.speaks = speaks
	if i := slices.Index(c.open, g); i >= 0 {
		c.open = append(slices.Delete(c.open, i, i+1), g)
	}
}
