package debugged

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
)

const patience = 3 * time.Minute

// inspector is V8's as far as a session needs it. It answers with these messages, and then
// sends what comes by the channel, a message in each line.
func inspector(t *testing.T, answers []string, later <-chan string) netip.AddrPort {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/json/list" {
			_, _ = w.Write([]byte(`[{"webSocketDebuggerUrl":"ws://elsewhere:1/the-id"}]`))
			return
		}
		conn, err := websocket.Accept(w, r, nil)
		if err != nil || r.URL.Path != "/the-id" {
			t.Errorf("%s: %v", r.URL, err)
			return
		}
		defer conn.CloseNow()
		if _, _, err := conn.Read(r.Context()); err != nil {
			t.Error(err)
		}
		for _, m := range answers {
			_ = conn.Write(r.Context(), websocket.MessageText, []byte(m))
		}
		ctx := conn.CloseRead(r.Context())
		for {
			select {
			case <-ctx.Done():
				return
			case m, ok := <-later:
				if !ok {
					return
				}
				for line := range strings.SplitSeq(m, "\n") {
					_ = conn.Write(ctx, websocket.MessageText, []byte(line))
				}
			}
		}
	}))
	t.Cleanup(s.Close)
	return s.Listener.Addr().(*net.TCPAddr).AddrPort()
}

const (
	paused   = `{"method":"Debugger.paused","params":{}}`
	resumed  = `{"method":"Debugger.resumed","params":{}}`
	answered = `{"id":1,"result":{"debuggerId":"1"}}`
)

// script is a message longer than what the library reads at most, unless it is told.
var script = `{"method":"Debugger.scriptParsed","params":{"sourceMapURL":"` + strings.Repeat("x", 100<<10) + `"}}`

func TestAsk(t *testing.T) {
	for name, c := range map[string]struct {
		answers       []string
		open, stopped bool
	}{
		"it runs":                    {[]string{script, answered}, true, false},
		"it is stopped":              {[]string{script, paused, answered}, true, true},
		"it went on meanwhile":       {[]string{paused, script, resumed, answered}, true, false},
		"another protocol":           {[]string{`{"result":{"paused":true},"id":1}`}, false, false},
		"a script of that very name": {[]string{`{"method":"Debugger.scriptParsed","params":{"url":"{\"method\":\"Debugger.paused\""}}`, answered}, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, stopped := open(t.Context(), inspector(t, c.answers, nil))
			if (s != nil) != c.open || stopped != c.stopped {
				t.Errorf("open %v, stopped %v", s != nil, stopped)
			}
			if s != nil {
				s.close()
			}
		})
	}
	if s, _ := open(t.Context(), netip.MustParseAddrPort("127.0.0.1:1")); s != nil {
		t.Error("a session with nobody")
	}
}

func TestAwait(t *testing.T) {
	for name, c := range map[string]struct {
		steps int // resumed and paused
		ends  func(later chan string, left *atomic.Bool, cancel context.CancelFunc)
		least time.Duration
	}{
		"it runs on":            {0, func(later chan string, _ *atomic.Bool, _ context.CancelFunc) { later <- resumed }, runsOn},
		"after steps":           {3, func(later chan string, _ *atomic.Bool, _ context.CancelFunc) { later <- resumed }, runsOn},
		"it ends":               {1, func(later chan string, _ *atomic.Bool, _ context.CancelFunc) { close(later) }, 0},
		"its debugger has gone": {1, func(_ chan string, left *atomic.Bool, _ context.CancelFunc) { left.Store(true) }, 0},
		"nobody waits any more": {0, func(_ chan string, _ *atomic.Bool, cancel context.CancelFunc) { cancel() }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			later := make(chan string)
			s, stopped := open(t.Context(), inspector(t, []string{paused, answered}, later))
			if !stopped {
				t.Fatal("it is not stopped")
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var left atomic.Bool
			over := make(chan time.Time, 1)
			go func() {
				s.await(ctx, func() (bool, error) { return left.Load(), nil })
				over <- time.Now()
			}()
			for range c.steps {
				later <- resumed + "\n" + paused // a step takes no time, however busy the machine is
				select {
				case <-over:
					t.Fatal("a step counts as running")
				case <-time.After(runsOn / 2):
				}
			}
			began := time.Now()
			c.ends(later, &left, cancel)
			select {
			case at := <-over:
				if at.Sub(began) < c.least {
					t.Errorf("over after %v", at.Sub(began))
				}
			case <-time.After(patience):
				t.Fatal("it waits on")
			}
		})
	}
}

// The process stops once more during a look that takes long, so that both the stop and the
// end of the wait are there after it.
func TestAStopDuringALook(t *testing.T) {
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			events, over, looks := make(chan bool), make(chan struct{}), 0
			go func() {
				defer close(over)
				follow(ctx, events, func() (bool, error) {
					if looks++; looks == 1 {
						time.Sleep(4 * runsOn)
					}
					return false, nil
				})
			}()
			events <- false
			time.Sleep(lookEvery + time.Millisecond)
			select {
			case events <- true:
			case <-over:
			}
			time.Sleep(4 * runsOn)
			select {
			case <-over:
				t.Error("it counts as running")
			default:
			}
			cancel()
			<-over
		})
	}
}

// A look that fails does not say that the debugger has gone. Looks that go on to fail end the
// wait.
func TestALookThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		looks := 0
		follow(t.Context(), nil, func() (bool, error) {
			if looks++; looks == mayFail {
				return false, nil
			}
			return true, errors.New("no memory")
		})
		if looks != 2*mayFail {
			t.Errorf("over after %d looks, want %d", looks, 2*mayFail)
		}
	})
}
