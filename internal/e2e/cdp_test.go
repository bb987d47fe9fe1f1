//go:build linux

package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// cdp is an attached debugger that speaks the Chrome DevTools protocol, as
// editors and chrome://inspect do.
type cdp struct {
	conn   *websocket.Conn
	events chan string // the methods of what the process tells by itself
	ended  chan struct{}

	mu      sync.Mutex // guards what follows, and writing
	id      int
	waiting map[int]chan cdpReply
}

// cdpReply is the answer to a call.
type cdpReply struct {
	result json.RawMessage
	err    error
}

// attach asks what there is at the address and attaches to the first.
func attach(ctx context.Context, addr string) (*cdp, error) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/json/list", nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var targets []struct {
		URL string `json:"webSocketDebuggerUrl"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&targets); err != nil {
		return nil, err
	}
	if len(targets) == 0 {
		return nil, errors.New("no target")
	}
	conn, _, err := websocket.Dial(ctx, targets[0].URL, &websocket.DialOptions{HTTPClient: client})
	if err != nil {
		return nil, err
	}
	conn.SetReadLimit(1 << 24)
	c := &cdp{conn: conn, events: make(chan string, 10000), ended: make(chan struct{}),
		waiting: map[int]chan cdpReply{}}
	go c.read()
	return c, nil
}

func (c *cdp) read() {
	defer close(c.ended)
	for {
		_, b, err := c.conn.Read(context.Background())
		if err != nil {
			return
		}
		var m struct {
			ID     int
			Method string
			Result json.RawMessage
			Error  *struct{ Message string }
		}
		_ = json.Unmarshal(b, &m)
		if m.ID == 0 {
			c.events <- m.Method
			continue
		}
		c.mu.Lock()
		answered := c.waiting[m.ID]
		delete(c.waiting, m.ID)
		c.mu.Unlock()
		switch {
		case answered == nil:
		case m.Error != nil:
			answered <- cdpReply{err: errors.New(m.Error.Message)}
		default:
			answered <- cdpReply{result: m.Result}
		}
	}
}

// call asks for something and waits for the answer.
func (c *cdp) call(ctx context.Context, method string, params any) (json.RawMessage, error) {
	c.mu.Lock()
	c.id++
	answered := make(chan cdpReply, 1)
	c.waiting[c.id] = answered
	if params == nil {
		params = map[string]any{}
	}
	b, _ := json.Marshal(map[string]any{"id": c.id, "method": method, "params": params})
	err := c.conn.Write(ctx, websocket.MessageText, b)
	c.mu.Unlock()
	if err != nil {
		return nil, err
	}
	select {
	case r := <-answered:
		return r.result, r.err
	case <-c.ended:
		return nil, errors.New("the connection has ended")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// evaluate is what an expression is in the process, as text.
func (c *cdp) evaluate(ctx context.Context, expression string) (string, error) {
	b, err := c.call(ctx, "Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true})
	var r struct {
		Result           struct{ Value any }
		ExceptionDetails *struct{ Text string }
	}
	if err == nil {
		err = json.Unmarshal(b, &r)
	}
	if err == nil && r.ExceptionDetails != nil {
		err = fmt.Errorf("%s: %s", expression, b)
	}
	return fmt.Sprint(r.Result.Value), err
}

// event waits until the process tells that.
func (c *cdp) event(t testing.TB, method string) {
	t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case got := <-c.events:
			if got == method {
				return
			}
		case <-c.ended:
			t.Fatalf("the connection has ended before %s", method)
		case <-timeout:
			t.Fatalf("no %s", method)
		}
	}
}

// beginChromium starts a headless browser, which ends with the test.
func beginChromium(t *testing.T, args ...string) *testkit.Process {
	t.Helper()
	// Without a network it must not look for one, and root has no sandbox.
	return bare(t, "", nil, append([]string{"chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
		"--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
		"--user-data-dir=" + t.TempDir()}, args...)...)
}

// tab is a page in a headless browser that nobody touches but the test.
type tab struct {
	t *testing.T
	*cdp
}

var devTools = regexp.MustCompile(`ws://([^/]+)/`)

// openTab opens a browser at an empty page.
func openTab(t *testing.T) *tab {
	t.Helper()
	browser := beginChromium(t, "--remote-debugging-port=0", "about:blank")
	at := devTools.FindStringSubmatch(browser.Sees("DevTools listening on"))
	var c *cdp
	testkit.Eventually(t, func() (err error) {
		c, err = attach(background(t), at[1])
		return err
	})
	t.Cleanup(func() { _ = c.conn.CloseNow() })
	return &tab{t, c}
}

// enter navigates as by the address bar.
func (p *tab) enter(url string) {
	p.t.Helper()
	testkit.Must(p.call(background(p.t), "Page.navigate", map[string]any{"url": url}))(p.t)
}

// run runs a script in the page.
func (p *tab) run(script string) {
	p.t.Helper()
	testkit.Must(p.evaluate(background(p.t), script))(p.t)
}

// is waits until an expression has this value in the page, which may reload meanwhile.
func (p *tab) is(expression, want string) {
	p.t.Helper()
	testkit.Eventually(p.t, func() error {
		// a busy browser has left a call without an answer
		ctx, cancel := context.WithTimeout(context.Background(), patience/20)
		defer cancel()
		got, err := p.evaluate(ctx, expression)
		if err == nil && got != want {
			err = fmt.Errorf("%s is %s, want %s", expression, got, want)
		}
		return err
	})
}
