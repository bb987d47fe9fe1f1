package load

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// accepting serves WebSockets with script, which gets the connection's number from 1.
func accepting(script func(ctx context.Context, c *websocket.Conn, number int64)) http.Handler {
	var number atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer c.CloseNow()
		script(r.Context(), c, number.Add(1))
	})
}

// pipes is a listener in this process whose connections are pipes.
type pipes struct {
	conns  chan net.Conn
	closed context.Context
	close  context.CancelFunc
}

func newPipes() pipes {
	ctx, cancel := context.WithCancel(context.Background())
	return pipes{make(chan net.Conn), ctx, cancel}
}

func (p pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	own, other := net.Pipe()
	select {
	case p.conns <- other:
		return own, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed.Done():
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error   { p.close(); return nil }
func (p pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func says(ctx context.Context, c *websocket.Conn, format string, args ...any) {
	c.Write(ctx, websocket.MessageText, fmt.Appendf(nil, format, args...))
}

// replies serves WebSockets: reply says what to answer to the n-th message, from 1.
func replies(reply func(n int, text string) (answers []string)) http.Handler {
	return accepting(func(ctx context.Context, c *websocket.Conn, _ int64) {
		for n := 1; ; n++ {
			_, data, err := c.Read(ctx)
			if err != nil {
				return
			}
			for _, answer := range reply(n, string(data)) {
				says(ctx, c, "%s", answer)
			}
		}
	})
}

func echoed(text string, version int) string {
	return fmt.Sprintf(`{"echo":%q,"version":%d,"pid":1}`, text, version)
}

func pushed(n int) string { return fmt.Sprintf(`{"event":%d,"change":null,"version":1,"pid":1}`, n) }

// talkTo runs a client that sends ten messages to a server in this process. Time is fake: whatever takes as
// long as it likes on a busy machine is done before an echo is given up.
func talkTo(t *testing.T, server http.Handler) (s DuplexStats) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := newPipes()
		srv := &http.Server{Handler: server}
		go srv.Serve(p)
		defer srv.Close()
		d := NewDuplex(DuplexConfig{URL: "ws://pipe", Limit: 10, SendEvery: time.Millisecond, Timeout: time.Second, dial: p.dial})
		testkit.NoError(t, d.Run(t.Context()))
		s = d.Wait()
	})
	return s
}

// Whatever a server does wrong is counted, and by its name. The run ends with the
// last echo: what is said behind it may come too late to be counted.
func TestDuplexCounts(t *testing.T) {
	losing := func(lost func(n int) bool) func(int, string) []string {
		return func(n int, text string) []string {
			if lost(n) {
				return nil
			}
			return []string{echoed(text, 1)}
		}
	}
	held := ""
	for name, c := range map[string]struct {
		reply func(n int, text string) []string
		check func(DuplexStats) bool
	}{
		"nothing wrong": {
			func(n int, text string) []string { return []string{pushed(70 + n), echoed(text, 1)} },
			func(s DuplexStats) bool {
				return s.Echoes == (Tally{Received: 10}) && s.Pushes == (Tally{Received: 10}) && s.Other == 0 && s.Moved == 0
			},
		},
		"an echo lost": {
			losing(func(n int) bool { return n == 4 }),
			func(s DuplexStats) bool { return s.Echoes == (Tally{Received: 9, Lost: 1}) && s.Owed == 0 },
		},
		"the last two lost": {
			losing(func(n int) bool { return n > 8 }),
			func(s DuplexStats) bool { return s.Echoes == (Tally{Received: 8}) && s.Owed == 2 },
		},
		"an echo doubled": {
			func(n int, text string) []string {
				if n == 4 {
					return []string{echoed(text, 1), echoed(text, 1)}
				}
				return []string{echoed(text, 1)}
			},
			func(s DuplexStats) bool { return s.Echoes == (Tally{Received: 11, Doubled: 1}) },
		},
		"echoes out of order": {
			func(n int, text string) []string {
				switch n {
				case 4:
					held = text
					return nil
				case 6:
					return []string{echoed(text, 1), echoed(held, 1)}
				}
				return []string{echoed(text, 1)}
			},
			func(s DuplexStats) bool { return s.Echoes == (Tally{Received: 10, Disordered: 1}) },
		},
		"another client's echo": {
			func(n int, text string) []string {
				return []string{echoed(text, 1), echoed(fmt.Sprintf("client 2 message %d", n), 1), `"?"`}
			},
			func(s DuplexStats) bool { return s.Echoes == (Tally{Received: 10}) && s.Other >= 18 },
		},
		"pushes lost, doubled, out of order": {
			func(n int, text string) []string {
				if n > 1 {
					return []string{echoed(text, 1)}
				}
				return []string{echoed(text, 1), pushed(5), pushed(6), pushed(9), pushed(8), pushed(8), pushed(5), pushed(10)}
			},
			func(s DuplexStats) bool {
				return s.Echoes == (Tally{Received: 10}) && s.Pushes == (Tally{Received: 7, Lost: 1, Disordered: 1, Doubled: 2})
			},
		},
		"moved": {
			func(n int, text string) []string { return []string{echoed(text, 1+n/6)} },
			func(s DuplexStats) bool { return s.Moved == 1 && s.Echoes.Whole() },
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := talkTo(t, replies(c.reply))
			if !c.check(s) || s.Sent != 10 || s.Dials != 1 || s.Open != 0 || len(s.Closes) != 0 {
				t.Errorf("%v", s)
			}
		})
	}
}
