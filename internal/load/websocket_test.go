package load

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// echoes serves WebSockets with script, which gets the connection's number from
// 1, and returns the address.
func echoes(t *testing.T, script func(ctx context.Context, c *websocket.Conn, number int64)) string {
	var number atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer c.CloseNow()
		script(r.Context(), c, number.Add(1))
	}))
	t.Cleanup(srv.Close)
	return srv.Listener.Addr().String()
}

func echo(ctx context.Context, c *websocket.Conn, version int) bool {
	_, data, err := c.Read(ctx)
	if err != nil {
		return false
	}
	return c.Write(ctx, websocket.MessageText, fmt.Appendf(nil, `{"echo":%q,"version":%d,"pid":1}`, data, version)) == nil
}

func webSocketKind(n int) Kind {
	k := WebSocket(1, "/")
	k.Limit, k.Think = n, time.Millisecond
	return k
}

func TestWebSocketEchoes(t *testing.T) {
	addr := echoes(t, func(ctx context.Context, c *websocket.Conn, _ int64) {
		c.Write(ctx, websocket.MessageText, []byte(`{"event":1}`))
		for n := 0; echo(ctx, c, 1+n/5); n++ { // the connection moves to version 2 after five
		}
	})
	s := run(t, Config{Targets: []string{addr}, Kinds: []Kind{webSocketKind(10)}, Checks: ExampleChecks()})
	expect(t, s, map[Class]uint64{OK: 10})
	w := s.WebSocket
	if w.Dials != 1 || w.Sent != 10 || w.Echoed != 10 || w.Others != 1 || w.Lost != 0 || w.Moved != 1 || w.Open != 0 || len(w.Closes) != 0 || w.Returns != 0 {
		t.Errorf("%v", w)
	}
	if v := s.Version("2"); v.Answers != 5 {
		t.Errorf("version 2: %+v", v)
	}
}

// The server ends connections by code, without a word, and with an echo owed.
func TestWebSocketCloses(t *testing.T) {
	addr := echoes(t, func(ctx context.Context, c *websocket.Conn, number int64) {
		switch number {
		case 1:
			echo(ctx, c, 1)
			c.Close(websocket.StatusServiceRestart, "swap")
		case 2:
			echo(ctx, c, 1)
			c.CloseNow()
		case 3:
			c.Read(ctx)
			c.Close(websocket.StatusGoingAway, "")
		default:
			for echo(ctx, c, 2) {
			}
		}
	})
	kind := webSocketKind(10)
	kind.Think = time.Minute // the end comes first, so no message is under way in 1 and 2
	c := New(Config{Targets: []string{addr}, Kinds: []Kind{kind}, Checks: ExampleChecks()})
	ctx, cancel := context.WithCancel(t.Context())
	go c.Run(ctx)
	if err := c.Await(t.Context(), func(s Snapshot) bool { return s.WebSocket.Returns == 3 && s.WebSocket.Echoed == 3 }); err != nil {
		t.Fatal(err)
	}
	cancel()
	s := c.Wait()
	expect(t, s, map[Class]uint64{OK: 3})
	w := s.WebSocket
	if w.Closes[1012] != 1 || w.Closes[noCloseFrame] != 1 || w.Closes[1001] != 1 || len(w.Closes) != 3 || w.Lost != 1 || w.Sent != 4 || w.Dials != 4 {
		t.Errorf("%v", w)
	}
	if w.LongestReturn <= 0 || w.MeanReturn > w.LongestReturn {
		t.Errorf("returns: %v", w)
	}
}

func TestWebSocketFailures(t *testing.T) {
	kind := webSocketKind(0)
	for _, test := range []struct {
		name string
		addr func(t *testing.T) string
		want Class
	}{
		{"no WebSocket there", func(t *testing.T) string {
			srv := httptest.NewServer(http.NotFoundHandler())
			t.Cleanup(srv.Close)
			return srv.Listener.Addr().String()
		}, Wrong},
		{"nobody listens", func(t *testing.T) string {
			srv := serve(t, func(*peer) {})
			srv.ln.Close()
			return srv.addr
		}, Refused},
		{"ends before it is open", func(t *testing.T) string { return serve(t, func(p *peer) { p.ask() }).addr }, EOF},
		{"never echoes", func(t *testing.T) string {
			return echoes(t, func(ctx context.Context, c *websocket.Conn, _ int64) {
				for err := error(nil); err == nil; {
					_, _, err = c.Read(ctx)
				}
			})
		}, Timeout},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := Config{Targets: []string{test.addr(t)}, Kinds: []Kind{kind}}
			if test.want == Timeout {
				cfg.Timeout = 50 * time.Millisecond
				cfg.Kinds = []Kind{webSocketKind(1)}
			}
			c := New(cfg)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go c.Run(ctx)
			if err := c.Await(t.Context(), func(s Snapshot) bool { return s.Failed() > 0 }); err != nil {
				t.Fatal(err)
			}
			cancel()
			s := c.Wait()
			if s.Counts[test.want] != s.Requests {
				t.Errorf("want only %s: %v", test.want, s)
			}
		})
	}
}
