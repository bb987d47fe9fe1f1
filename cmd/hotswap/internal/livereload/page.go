package livereload

import (
	"context"
	"net/http"
	"time"

	"golang.org/x/net/websocket"

	"github.com/hotswap-dev/hotswap/internal/wait"
)

// maxMessage is the longest message of a client in bytes. An info has the page's URL.
const maxMessage = 64 << 10

// connect serves the WebSocket of a page until the page goes or the server's context ends.
func (s *Server) connect(w http.ResponseWriter, r *http.Request) {
	origin := r.Header.Get("Origin")
	if !trusted(origin) {
		http.Error(w, "hotswap tells only pages of this machine (localhost, *.localhost, *.test, 127.0.0.1, ::1) about reloads", http.StatusForbidden)
		return
	}
	if !s.same(r) {
		origin = "" // what another user's program says of itself does not count
	}
	websocket.Server{Handler: func(conn *websocket.Conn) {
		conn.MaxPayloadBytes = maxMessage
		s.count(1)
		defer s.count(-1)
		s.converse(r.Context(), conn, origin)
	}}.ServeHTTP(w, r)
}

// count adds to the number of connected pages.
func (s *Server) count(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connected += n
}

// converse exchanges hellos and tells the page what is due, until one of both ends.
func (s *Server) converse(ctx context.Context, conn *websocket.Conn, origin string) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	_ = conn.SetReadDeadline(time.Now().Add(wait.Answer))
	if b, err := receive(conn); err != nil || parseHello(b) != nil {
		return
	}
	_ = conn.SetReadDeadline(time.Time{})
	greeted := time.Now()
	if !send(conn, serverHello) {
		return
	}
	p := newPage(greeted, origin)
	go func() { // ends at the latest when the handler returns, which closes the connection
		defer cancel()
		s.listenTo(conn, p, greeted)
	}()
	for {
		due, changed := s.due(p)
		for _, m := range due {
			if !send(conn, m) {
				return
			}
		}
		if wait.On(ctx, changed) != nil {
			return
		}
	}
}

// due returns what the page has to be told, and a channel that is closed when there may be
// more.
func (s *Server) due(p *page) ([]reload, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.due(p), s.changed
}

// listenTo reads what the page reports of itself, until the page goes.
func (s *Server) listenTo(conn *websocket.Conn, p *page, greeted time.Time) {
	for {
		b, err := receive(conn)
		if err != nil {
			return
		}
		i, err := parseMessage(b)
		if err != nil {
			return
		}
		s.mu.Lock()
		p.introduce(greeted, i)
		s.wakeLocked()
		s.mu.Unlock()
	}
}

func receive(conn *websocket.Conn) (b []byte, err error) {
	err = websocket.Message.Receive(conn, &b)
	return b, err
}

// send reports whether the page has taken a message in time.
func send(conn *websocket.Conn, message any) bool {
	_ = conn.SetWriteDeadline(time.Now().Add(wait.Answer))
	return websocket.JSON.Send(conn, message) == nil
}
