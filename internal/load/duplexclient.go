package load

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// duplexClient is one client of a Duplex: one connection after another, each with a
// goroutine that sends and one that receives.
type duplexClient struct {
	cfg    DuplexConfig // constant
	number int          // constant; from 1

	mu    sync.Mutex // guards what follows
	stats DuplexStats
	conn  *duplexConn // nil while there is none
	sent  uint64
}

// duplexConn is the state of an open connection, guarded by its client's mu.
type duplexConn struct {
	echoes, pushes series
	first          uint64 // number of the first message sent
	wrote          uint64 // number of messages sent
	echoed         uint64 // number of them that were echoed
	version        string
	leaving        bool          // no more messages will be sent
	complete       chan struct{} // closed when leaving is set and all is echoed
	left           bool          // closed by us
}

// run connects again whenever the server ends a connection, until ctx ends.
func (d *duplexClient) run(ctx context.Context, offset time.Duration) {
	transport := &http.Transport{DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	select {
	case <-time.After(offset):
	case <-ctx.Done():
	}
	var ended time.Time // the last connection, zero at first
	for ctx.Err() == nil {
		conn, err := d.dial(ctx, transport, ended)
		if err != nil {
			select {
			case <-time.After(sendEvery):
			case <-ctx.Done():
			}
			continue
		}
		over := make(chan struct{})
		var sender sync.WaitGroup
		sender.Go(func() { d.send(ctx, conn, over) })
		d.receive(conn)
		ended = time.Now()
		close(over)
		sender.Wait()
	}
}

func (d *duplexClient) dial(ctx context.Context, transport *http.Transport, ended time.Time) (*websocket.Conn, error) {
	dialing, cancel := context.WithTimeout(ctx, d.cfg.Timeout)
	defer cancel()
	conn, resp, err := websocket.Dial(dialing, d.cfg.URL,
		&websocket.DialOptions{HTTPClient: &http.Client{Transport: transport}})
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stats.Dials++
	if err != nil {
		why := string(broken{err: err}.class(0))
		if resp != nil {
			why = fmt.Sprintf("status %d", resp.StatusCode)
		}
		if ctx.Err() == nil {
			count(&d.stats.Failed, why)
		}
		return nil, err
	}
	conn.SetReadLimit(maxBody)
	if !ended.IsZero() {
		d.stats.Back = max(d.stats.Back, time.Since(ended))
	}
	d.conn = &duplexConn{first: d.sent + 1, echoes: series{next: d.sent + 1}, complete: make(chan struct{})}
	return conn, nil
}

// send writes messages until the run or the connection ends. At the end of the run it
// waits for the last echoes and closes the connection.
func (d *duplexClient) send(ctx context.Context, conn *websocket.Conn, over <-chan struct{}) {
	// Bounds a write to a server that does not read.
	hard, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(d.cfg.Timeout, cancel) })()
	tick := time.NewTicker(sendEvery)
	defer tick.Stop()
	for running := true; running; {
		select {
		case <-tick.C:
			// receive handles an error, because it knows the close code.
			if text := d.next(); text != nil {
				_ = conn.Write(hard, websocket.MessageText, text)
			}
		case <-over:
			return
		case <-ctx.Done():
			running = false
		}
	}
	select {
	case <-d.leave():
	case <-over:
		return
	case <-time.After(d.cfg.Timeout):
	}
	d.mu.Lock()
	if d.conn != nil {
		d.conn.left = true
	}
	d.mu.Unlock()
	_ = conn.Close(websocket.StatusNormalClosure, "the run is over")
}

// leave returns a channel that is closed when every message is echoed. It is nil if
// the connection has ended. No more messages may be sent.
func (d *duplexClient) leave() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.conn == nil {
		return nil
	}
	d.conn.leaving = true
	d.completeLocked()
	return d.conn.complete
}

func (d *duplexClient) completeLocked() {
	if c := d.conn; c.leaving && c.echoed == c.wrote {
		select {
		case <-c.complete:
		default:
			close(c.complete)
		}
	}
}

// next returns the next message, or nil if the connection has ended.
func (d *duplexClient) next() []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.conn == nil {
		return nil
	}
	d.sent++
	d.stats.Sent++
	d.conn.wrote++
	return strconv.AppendUint(d.prefix(), d.sent, 10)
}

// prefix distinguishes this client's echoes from others'.
func (d *duplexClient) prefix() []byte {
	return append(strconv.AppendInt([]byte("client "), int64(d.number), 10), " message "...)
}

// receive reads until the connection ends.
func (d *duplexClient) receive(conn *websocket.Conn) {
	prefix := d.prefix()
	for {
		// Not bounded: send closes the connection at the end of the run.
		_, data, err := conn.Read(context.Background())
		if err != nil {
			conn.CloseNow()
			d.ended(err)
			return
		}
		d.take(exampleMessage(data), prefix)
	}
}

func (d *duplexClient) take(m message, prefix []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.conn
	if m.Version != "" {
		if c.version != "" && c.version != m.Version {
			d.stats.Moved++
		}
		c.version = m.Version
	}
	number, mine := bytes.CutPrefix(m.Echo, prefix)
	n, err := strconv.ParseUint(string(number), 10, 64)
	switch {
	case m.Push > 0:
		d.stats.Pushes.take(&c.pushes, m.Push)
	case !mine || err != nil || n < c.first || n > d.sent:
		d.stats.Other++
	default:
		if d.stats.Echoes.take(&c.echoes, n) != doubled {
			c.echoed++
			d.completeLocked()
		}
	}
}

// take counts a message.
func (t *Tally) take(s *series, n uint64) verdict {
	v, skipped := s.take(n)
	t.Received++
	t.Lost += skipped
	switch v {
	case doubled:
		t.Doubled++
	case disordered:
		t.Disordered++
		t.Lost--
	}
	return v
}

// ended records the end of the connection.
func (d *duplexClient) ended(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.conn
	// Skipped messages are Lost already.
	d.stats.Owed += c.wrote - c.echoed - uint64(len(c.echoes.missing))
	if !c.left {
		code := int(websocket.CloseStatus(err))
		if code < 0 {
			code = noCloseFrame
		}
		count(&d.stats.Closes, code)
	}
	d.conn = nil
}

// noCloseFrame is the code for a connection that ended without a close frame (RFC
// 6455, section 7.1.5).
const noCloseFrame = 1006

func count[K comparable](m *map[K]uint64, key K) {
	if *m == nil {
		*m = map[K]uint64{}
	}
	(*m)[key]++
}

// addTo adds the results of this client.
func (d *duplexClient) addTo(s *DuplexStats) {
	d.mu.Lock()
	defer d.mu.Unlock()
	own := &d.stats
	s.Dials += own.Dials
	s.Moved += own.Moved
	s.Sent += own.Sent
	s.Owed += own.Owed
	s.Other += own.Other
	s.Echoes.add(own.Echoes)
	s.Pushes.add(own.Pushes)
	s.Back = max(s.Back, own.Back)
	for code, n := range own.Closes {
		s.Closes[code] += n
	}
	for why, n := range own.Failed {
		s.Failed[why] += n
	}
	if d.conn != nil {
		s.Open++
		if v := d.conn.version; v != "" {
			s.Versions[v]++
		}
	}
}

func (t *Tally) add(o Tally) {
	t.Received += o.Received
	t.Lost += o.Lost
	t.Doubled += o.Doubled
	t.Disordered += o.Disordered
}
