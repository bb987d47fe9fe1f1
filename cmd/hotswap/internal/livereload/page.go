package livereload

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/coder/websocket"

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
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true}) // checked above
	if err != nil {
		return
	}
	defer conn.CloseNow()
	conn.SetReadLimit(maxMessage)
	s.count(1)
	defer s.count(-1)
	if !s.same(r) {
		origin = "" // what another user's program says of itself does not count
	}
	s.converse(r.Context(), conn, origin)
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
	if err := receiveHello(ctx, conn); err != nil {
		return
	}
	greeted := time.Now()
	if send(ctx, conn, serverHello) != nil {
		return
	}
	p := newPage(greeted, origin)
	go func() {
		defer cancel()
		s.listenTo(ctx, conn, p, greeted)
	}()
	for {
		due, changed := s.due(p)
		for _, m := range due {
			if send(ctx, conn, m) != nil {
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
func (s *Server) listenTo(ctx context.Context, conn *websocket.Conn, p *page, greeted time.Time) {
	for {
		_, b, err := conn.Read(ctx)
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

func receiveHello(ctx context.Context, conn *websocket.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, clientTime)
	defer cancel()
	_, b, err := conn.Read(ctx)
	if err != nil {
		return err
	}
	return parseHello(b)
}

func send(ctx context.Context, conn *websocket.Conn, message any) error {
	b, err := json.Marshal(message)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, clientTime)
	defer cancel()
	return conn.Write(ctx, websocket.MessageText, b)
}
