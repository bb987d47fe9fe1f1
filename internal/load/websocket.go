package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/coder/websocket"
)

// WebSocketStats is what the clients on WebSockets have seen. A message that
// was echoed is also one of the Requests, class OK; one that was not in time
// is class Timeout; one that was under way when its connection ended is Lost
// here and nowhere else, for what an end means depends on the server's
// promise: a test states its own.
type WebSocketStats struct {
	Dials  uint64 // connections begun
	Open   int    // connections open now
	Sent   uint64
	Echoed uint64
	Lost   uint64         // sent and not echoed when the connection ended
	Others uint64         // messages received that are no echo
	Closes map[int]uint64 // ends by close code; 1006: without a close frame
	Moved  uint64         // how often a connection lived on with another version of the program

	Returns       uint64        // connections opened again after an end
	LongestReturn time.Duration // from the end seen to the new connection open
	MeanReturn    time.Duration
}

// String puts the stats on one line.
func (w WebSocketStats) String() string {
	return fmt.Sprintf("websockets: %d opened, %d sent, %d echoed, %d lost, %d other messages, closes %v, %d moved, %d returns (mean %v, longest %v)",
		w.Dials, w.Sent, w.Echoed, w.Lost, w.Others, w.Closes, w.Moved, w.Returns, round(w.MeanReturn), round(w.LongestReturn))
}

// noCloseFrame is the code by which RFC 6455, section 7.1.5, calls the end of
// a connection that said nothing.
const noCloseFrame = 1006

// webSocketBook is the part of stats that WebSocket workers write.
type webSocketBook struct {
	WebSocketStats
	returning time.Duration // sum of all returns
}

func (b *webSocketBook) statsLocked() WebSocketStats {
	s := b.WebSocketStats
	s.Closes = map[int]uint64{}
	for code, n := range b.Closes {
		s.Closes[code] = n
	}
	if s.Returns > 0 {
		s.MeanReturn = b.returning / time.Duration(s.Returns)
	}
	return s
}

// webSocket lets a worker write into the book.
func (s *stats) webSocket(write func(*webSocketBook)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	write(&s.ws)
	s.nudgeLocked()
}

// runWebSocket keeps one WebSocket open until the run ends.
func (w *worker) runWebSocket() {
	transport := &http.Transport{DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	var lost time.Time // when the last connection ended, zero at first
	for n := 1; w.soft.Err() == nil && !w.spent(n); {
		conn, dialed := w.dialWebSocket(transport)
		if conn == nil {
			w.pause(max(w.kind.Think, retryPause))
			continue
		}
		opened := time.Now()
		w.client.stats.webSocket(func(b *webSocketBook) {
			b.Open++
			if !lost.IsZero() {
				took := opened.Sub(lost)
				b.Returns++
				b.returning += took
				b.LongestReturn = max(b.LongestReturn, took)
			}
		})
		s := newWebSocketSession(w, conn, dialed)
		n = s.talk(n)
		lost = time.Now()
		s.end()
	}
}

func (w *worker) spent(n int) bool { return w.kind.Limit > 0 && n > w.kind.Limit }

// dialWebSocket opens a WebSocket, or books why it could not and returns nil.
func (w *worker) dialWebSocket(transport *http.Transport) (*websocket.Conn, time.Time) {
	w.client.stats.webSocket(func(b *webSocketBook) { b.Dials++ })
	w.client.stats.dial(w.kindIndex)
	ctx, cancel := context.WithTimeout(w.hard, w.client.cfg.Timeout)
	defer cancel()
	dialed := time.Now()
	conn, resp, err := websocket.Dial(ctx, "ws://"+w.target+w.kind.Path, &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: transport},
	})
	if err == nil {
		conn.SetReadLimit(maxBody)
		return conn, dialed
	}
	o := outcome{kind: w.kindIndex, target: w.target, request: 1, dialed: dialed, done: time.Now(), err: err}
	o.class = broken{err: err}.class(0)
	if resp != nil {
		o.class = Wrong
	}
	w.book(o)
	return nil, dialed
}

// webSocketMessage is what the reader of a session hands on; the last one has
// an error.
type webSocketMessage struct {
	data []byte
	at   time.Time
	err  error
}

// webSocketSession is the life of one WebSocket.
type webSocketSession struct {
	w        *worker
	conn     *websocket.Conn
	dialed   time.Time
	messages chan webSocketMessage
	over     chan struct{} // closed when nobody takes messages any more
	version  string        // of the last message that had one
	echoed   bool
	ended    bool // by the server or for want of an echo
}

func newWebSocketSession(w *worker, conn *websocket.Conn, dialed time.Time) *webSocketSession {
	s := &webSocketSession{
		w: w, conn: conn, dialed: dialed,
		messages: make(chan webSocketMessage), over: make(chan struct{}),
	}
	go s.read()
	return s
}

// read is the one goroutine that reads; it ends with the connection.
func (s *webSocketSession) read() {
	defer close(s.messages)
	for {
		_, data, err := s.conn.Read(s.w.hard)
		select {
		case s.messages <- webSocketMessage{data, time.Now(), err}:
		case <-s.over:
			// Nobody listens, but an end is answered only while somebody reads.
		}
		if err != nil {
			return
		}
	}
}

// talk sends messages from number n on until the run or the connection ends,
// and returns the number of the next one.
func (s *webSocketSession) talk(n int) int {
	for ; s.w.soft.Err() == nil && !s.w.spent(n); n++ {
		text := fmt.Appendf(nil, "worker %d message %d", s.w.number, n)
		s.w.client.stats.webSocket(func(b *webSocketBook) { b.Sent++ })
		wrote := time.Now()
		ctx, cancel := context.WithTimeout(s.w.hard, s.w.client.cfg.Timeout)
		// An error of the write is an end of the connection, and of that the
		// reader knows more: the close code.
		werr := s.conn.Write(ctx, websocket.MessageText, text)
		alive := s.await(ctx, text, wrote, werr)
		cancel()
		if !alive || !s.think() {
			s.ended = true
			return n + 1
		}
	}
	return n
}

// await waits for the echo of text and books it.
func (s *webSocketSession) await(ctx context.Context, text []byte, wrote time.Time, werr error) (alive bool) {
	for {
		select {
		case m := <-s.messages:
			if m.err != nil {
				s.closed(m.err, true)
				return false
			}
			if s.take(m, text) {
				s.echo(m, wrote)
				return true
			}
		case <-ctx.Done():
			o := outcome{
				kind: s.w.kindIndex, class: Timeout, target: s.w.target, first: !s.echoed,
				dialed: s.dialed, wrote: wrote, done: time.Now(), err: errors.Join(errors.New("no echo"), werr),
			}
			s.w.book(o)
			return false
		}
	}
}

// think pauses, taking what comes.
func (s *webSocketSession) think() (alive bool) {
	t := time.NewTimer(s.w.kind.Think)
	defer t.Stop()
	for {
		select {
		case m := <-s.messages:
			if m.err != nil {
				s.closed(m.err, false)
				return false
			}
			s.take(m, nil)
		case <-t.C:
			return true
		case <-s.w.soft.Done():
			return true
		}
	}
}

// take looks at a message and reports whether it is the echo of text.
func (s *webSocketSession) take(m webSocketMessage, text []byte) (isEcho bool) {
	isEcho = text != nil && bytes.Contains(m.data, text)
	moved := false
	if read := s.w.client.cfg.Checks.Version; read != nil {
		if v, ok := read(m.data, nil); ok {
			moved = s.version != "" && s.version != v
			s.version = v
		}
	}
	s.w.client.stats.webSocket(func(b *webSocketBook) {
		if moved {
			b.Moved++
		}
		if isEcho {
			b.Echoed++
		} else {
			b.Others++
		}
	})
	return isEcho
}

func (s *webSocketSession) echo(m webSocketMessage, wrote time.Time) {
	s.w.client.stats.record(outcome{
		kind: s.w.kindIndex, class: OK, version: s.version, target: s.w.target, first: !s.echoed,
		dialed: s.dialed, wrote: wrote, done: m.at, complete: true, latency: m.at.Sub(wrote), got: int64(len(m.data)),
	})
	s.echoed = true
}

// closed books an end that the server made.
func (s *webSocketSession) closed(err error, waiting bool) {
	if s.w.hard.Err() != nil {
		return // we made it
	}
	code := int(websocket.CloseStatus(err))
	if code < 0 {
		code = noCloseFrame
	}
	s.w.client.stats.webSocket(func(b *webSocketBook) {
		b.Closes[code]++
		if waiting {
			b.Lost++
		}
	})
}

// end leaves the connection, politely if it is still there, and waits for the
// reader to have ended.
func (s *webSocketSession) end() {
	close(s.over)
	if s.ended {
		s.conn.CloseNow()
	} else {
		s.conn.Close(websocket.StatusNormalClosure, "the run is over")
	}
	for range s.messages {
	}
	s.w.client.stats.webSocket(func(b *webSocketBook) { b.Open-- })
}
