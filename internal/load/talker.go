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

// talker is one client of a Duplex: a connection after the other, and on each one
// that sends and one that hears.
type talker struct {
	cfg    DuplexConfig // constant
	number int          // constant; from 1

	mu    sync.Mutex // guards what follows
	stats DuplexStats
	conn  *talk // nil while there is none
	sent  uint64
}

// talk is what there is to know of the connection that is open; guarded by the
// talker's mu.
type talk struct {
	echoes, pushes series
	first          uint64      // number of the first message sent
	wrote          []time.Time // when each was written, from first on
	echoed         uint64      // how many of them have come
	heard          time.Time   // when the last message came, or the connection was opened
	version        string
	leaving        bool          // nothing more will be sent
	whole          chan struct{} // closed when leaving is set and every echo has come
	left           bool          // we have ended it
}

// run opens a connection again whenever the server ends it, until ctx ends.
func (t *talker) run(ctx context.Context, offset time.Duration) {
	transport := &http.Transport{DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	select {
	case <-time.After(offset):
	case <-ctx.Done():
	}
	var ended time.Time // when the server ended the last connection, zero at first
	for ctx.Err() == nil && !t.spent() {
		conn, err := t.dial(ctx, transport, ended)
		if err != nil {
			select {
			case <-time.After(retryPause):
			case <-ctx.Done():
			}
			continue
		}
		over := make(chan struct{})
		var sender sync.WaitGroup
		sender.Go(func() { t.send(ctx, conn, over) })
		ended = t.hear(conn)
		close(over)
		sender.Wait()
	}
}

func (t *talker) spent() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.spentLocked()
}

func (t *talker) spentLocked() bool { return t.cfg.Limit > 0 && t.sent >= uint64(t.cfg.Limit) }

func (t *talker) dial(ctx context.Context, transport *http.Transport, ended time.Time) (*websocket.Conn, error) {
	dialing, cancel := context.WithTimeout(ctx, t.cfg.Timeout)
	defer cancel()
	conn, resp, err := websocket.Dial(dialing, t.cfg.URL, &websocket.DialOptions{HTTPClient: &http.Client{Transport: transport}})
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stats.Dials++
	if err != nil {
		why := string(broken{err: err}.class(0))
		if resp != nil {
			why = fmt.Sprintf("status %d", resp.StatusCode)
		}
		if ctx.Err() == nil {
			count(&t.stats.Failed, why)
		}
		return nil, err
	}
	conn.SetReadLimit(maxBody)
	if !ended.IsZero() {
		t.stats.Returns = append(t.stats.Returns, Return{ended, now.Sub(ended)})
	}
	t.conn = &talk{first: t.sent + 1, echoes: series{next: t.sent + 1}, heard: now, whole: make(chan struct{})}
	return conn, nil
}

// send writes in the rhythm until the run or the connection ends. At the end of the
// run it waits for the last echoes, and leaves.
func (t *talker) send(ctx context.Context, conn *websocket.Conn, over <-chan struct{}) {
	// A server that does not read must not hold us for ever.
	hard, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(t.cfg.Timeout, cancel) })()
	tick := time.NewTicker(t.cfg.SendEvery)
	defer tick.Stop()
	for !t.spent() {
		select {
		case <-tick.C:
			// An error is an end of the connection, and of that who hears
			// knows more: the close code.
			if text := t.next(); text != nil {
				_ = conn.Write(hard, websocket.MessageText, text)
			}
			continue
		case <-over:
			return
		case <-ctx.Done():
		}
		break
	}
	select {
	case <-t.leave():
	case <-over:
		return
	case <-time.After(t.cfg.Timeout):
	}
	t.mu.Lock()
	if t.conn != nil {
		t.bookSilenceLocked(time.Now())
		t.conn.left = true // the wait for the server's close frame is no silence
	}
	t.mu.Unlock()
	_ = conn.Close(websocket.StatusNormalClosure, "the run is over")
}

// leave says that nothing more will be sent. The channel is closed when every echo
// has come; it is nil if the connection has ended.
func (t *talker) leave() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.conn == nil {
		return nil
	}
	t.conn.leaving = true
	t.wholeLocked()
	return t.conn.whole
}

func (t *talker) wholeLocked() {
	if c := t.conn; c.leaving && c.echoed == uint64(len(c.wrote)) {
		select {
		case <-c.whole:
		default:
			close(c.whole)
		}
	}
}

// next is the next message: who sends it, and its number; nil if the connection has
// ended.
func (t *talker) next() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.conn == nil {
		return nil
	}
	t.sent++
	t.stats.Sent++
	t.conn.wrote = append(t.conn.wrote, time.Now())
	return strconv.AppendUint(t.prefix(), t.sent, 10)
}

// prefix tells an own echo from another client's.
func (t *talker) prefix() []byte {
	return append(strconv.AppendInt([]byte("client "), int64(t.number), 10), " message "...)
}

// hear reads until the connection ends, and says when that was.
func (t *talker) hear(conn *websocket.Conn) time.Time {
	prefix := t.prefix()
	for {
		// Not bounded: the sender ends the connection at the end of the run.
		_, data, err := conn.Read(context.Background())
		if err != nil {
			conn.CloseNow()
			return t.ended(err)
		}
		t.take(t.cfg.Read(data), prefix, time.Now())
	}
}

func (t *talker) take(m Heard, prefix []byte, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.conn
	t.bookSilenceLocked(now)
	if m.Version != "" {
		if c.version != "" && c.version != m.Version {
			t.stats.Moved++
		}
		c.version = m.Version
	}
	number, mine := bytes.CutPrefix(m.Echo, prefix)
	n, err := strconv.ParseUint(string(number), 10, 64)
	switch {
	case m.Push > 0:
		t.stats.Pushes.take(&c.pushes, m.Push)
	case !mine || err != nil || n < c.first || n > t.sent:
		t.stats.Other++
	default:
		t.stats.LongestEcho = max(t.stats.LongestEcho, now.Sub(c.wrote[n-c.first]))
		if t.stats.Echoes.take(&c.echoes, n) != doubled {
			c.echoed++
			t.wholeLocked()
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

// bookSilenceLocked ends a silence, and begins the next one.
func (t *talker) bookSilenceLocked(now time.Time) {
	c := t.conn
	if c.left {
		return
	}
	t.stats.silence(Silence{t.number, c.heard, now}, t.cfg.Silence)
	c.heard = now
}

func (s *DuplexStats) silence(one Silence, least time.Duration) {
	if one.Length() > s.Longest.Length() {
		s.Longest = one
	}
	if one.Length() >= least {
		s.Silences = append(s.Silences, one)
	}
}

// ended books the end of the connection.
func (t *talker) ended(err error) time.Time {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.conn
	t.bookSilenceLocked(now)
	// What was passed over is Lost.
	t.stats.Owed += uint64(len(c.wrote)) - c.echoed - uint64(len(c.echoes.missing))
	if !c.left {
		code := int(websocket.CloseStatus(err))
		if code < 0 {
			code = noCloseFrame
		}
		count(&t.stats.Closes, code)
	}
	t.conn = nil
	return now
}

func count[K comparable](m *map[K]uint64, key K) {
	if *m == nil {
		*m = map[K]uint64{}
	}
	(*m)[key]++
}

// addTo adds what this client has seen, a silence that goes on included.
func (t *talker) addTo(s *DuplexStats, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	own := &t.stats
	s.Dials += own.Dials
	s.Moved += own.Moved
	s.Sent += own.Sent
	s.Owed += own.Owed
	s.Other += own.Other
	s.Echoes.add(own.Echoes)
	s.Pushes.add(own.Pushes)
	for code, n := range own.Closes {
		s.Closes[code] += n
	}
	for why, n := range own.Failed {
		s.Failed[why] += n
	}
	s.Returns = append(s.Returns, own.Returns...)
	s.LongestEcho = max(s.LongestEcho, own.LongestEcho)
	s.Silences = append(s.Silences, own.Silences...)
	if own.Longest.Length() > s.Longest.Length() {
		s.Longest = own.Longest
	}
	if t.conn != nil {
		s.Open++
		if v := t.conn.version; v != "" {
			s.Versions[v]++
		}
		if !t.conn.left {
			s.silence(Silence{t.number, t.conn.heard, now}, t.cfg.Silence)
		}
	}
}

func (t *Tally) add(o Tally) {
	t.Received += o.Received
	t.Lost += o.Lost
	t.Doubled += o.Doubled
	t.Disordered += o.Disordered
}
