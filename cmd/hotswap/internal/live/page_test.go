package live

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor/control"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// world is a page at a server of this machine.
type world struct {
	*Page
	server *httptest.Server
	did    chan string
	status chan report.Status // the one of now
	change chan struct{}
}

func open(t *testing.T, c Page) *world {
	t.Helper()
	w := &world{did: make(chan string, 10), status: make(chan report.Status, 1), change: make(chan struct{})}
	w.status <- report.Status{State: report.PhaseServing, Generation: 3, PID: 7}
	if c.Log == nil {
		c.Log = control.NewLog()
	}
	c.Status = func() report.Status {
		st := <-w.status
		w.status <- st
		st.Changed = w.change
		return st
	}
	c.Do = func(_ context.Context, name string) (string, error) {
		if name != "reload" {
			return "", errors.New("no older\x1b generation")
		}
		w.did <- name
		return "generation 4 serves", nil
	}
	w.Page = &c
	mux := http.NewServeMux()
	w.Add(mux)
	w.server = httptest.NewServer(mux)
	t.Cleanup(w.server.Close)
	return w
}

// ask returns the status code and the body of an answer; of a stream, its first line.
func (w *world) ask(t *testing.T, method, path string, header map[string]string) (int, string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req := testkit.Must(http.NewRequestWithContext(ctx, method, w.server.URL+path, nil))(t)
	for k, v := range header {
		req.Header.Set(k, v)
		if k == "Host" {
			req.Host = v
		}
	}
	res := testkit.Must(w.server.Client().Do(req))(t)
	defer res.Body.Close()
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		line, _ := bufio.NewReader(res.Body).ReadString('\n')
		return res.StatusCode, line
	}
	b := testkit.Must(io.ReadAll(res.Body))(t)
	return res.StatusCode, string(b)
}

// What another site's page, a form, a rebound name and another method get: nothing.
func TestWhoMayAsk(t *testing.T) {
	w := open(t, Page{})
	self := w.server.URL
	host := strings.TrimPrefix(self, "http://")
	command := map[string]string{"Origin": self, header: "1"}
	with := func(more ...string) map[string]string {
		out := map[string]string{"Origin": self, header: "1"}
		for i := 0; i < len(more); i += 2 {
			out[more[i]] = more[i+1]
			if more[i+1] == "" {
				delete(out, more[i])
			}
		}
		return out
	}
	for name, c := range map[string]struct {
		method, path string
		header       map[string]string
		want         int
	}{
		"the page":                  {"GET", "/", nil, 200},
		"the page by its name":      {"GET", "/", map[string]string{"Host": "localhost:1234"}, 200},
		"by a link of another site": {"GET", "/", map[string]string{"Sec-Fetch-Site": "cross-site"}, 200},
		"asked for by another site": {"GET", "/", map[string]string{"Origin": "http://evil.example"}, 403},
		"a rebound name":            {"GET", "/", map[string]string{"Host": "evil.example"}, 403},
		"a rebound name with port": {"GET", "/live/stream", map[string]string{"Host": "localhost.evil.example:80"},
			403},
		"another address":          {"GET", "/", map[string]string{"Host": "192.0.2.1"}, 403},
		"another loopback address": {"GET", "/", map[string]string{"Host": "[::1]:80"}, 200},
		"the script":               {"GET", "/live/page.js", nil, 200},
		"a stream":                 {"GET", "/live/stream", nil, 200},
		"a stream of the page": {"GET", "/live/stream",
			map[string]string{"Origin": self, "Sec-Fetch-Site": "same-origin"}, 200},
		"a stream of another site": {"GET", "/live/stream", map[string]string{"Origin": "http://evil.example"}, 403},
		"of another port":          {"GET", "/live/stream", map[string]string{"Sec-Fetch-Site": "same-site"}, 403},
		"an image of another site": {"GET", "/live/stream", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		"a WebSocket": {"GET", "/live/stream", map[string]string{"Origin": "http://evil.example",
			"Connection": "Upgrade", "Upgrade": "websocket"}, 403},
		"a command": {"POST", "/live/do/reload", command, 200},
		"a command of a form": {"POST", "/live/do/reload",
			with(header, "", "Content-Type", "application/x-www-form-urlencoded"), 403},
		"a form of another site": {"POST", "/live/do/reload", with(header, "", "Origin", "http://evil.example"),
			403},
		"without an origin":      {"POST", "/live/do/reload", with("Origin", ""), 403},
		"of a sandboxed page":    {"POST", "/live/do/reload", with("Origin", "null"), 403},
		"of another port's page": {"POST", "/live/do/reload", with("Origin", "http://127.0.0.1:1"), 403},
		"of another scheme":      {"POST", "/live/do/reload", with("Origin", "https://"+host), 403},
		"a command of a rebound name": {"POST", "/live/do/reload",
			with("Host", "evil.example", "Origin", "http://evil.example"), 403},
		"a command by another method": {"GET", "/live/do/reload", command, 405},
		"a preflight": {"OPTIONS", "/live/do/reload",
			map[string]string{"Origin": "http://evil.example"}, 405},
		"an unknown command": {"POST", "/live/do/stop", command, 409},
		"a file beside":      {"GET", "/live/../page/index.html", nil, 404},
	} {
		code, _ := w.ask(t, c.method, c.path, c.header)
		if code != c.want {
			t.Errorf("%s: %d, want %d", name, code, c.want)
		}
		select {
		case <-w.did:
			if name != "a command" {
				t.Errorf("%s: carried out", name)
			}
		default:
		}
	}
	if code, text := w.ask(t, "POST", "/live/do/rollback", command); code != 409 ||
		text != `no older\u001b generation` {
		t.Errorf("%d %q", code, text)
	}
}

// Another user of this machine gets nothing. With a token, whoever has it is let in, and nobody else.
func TestOtherUsers(t *testing.T) {
	for token, queries := range map[string]map[string]int{
		"":       {"": 403, "?token=": 403},
		"secret": {"": 403, "?token=": 403, "?token=secre": 403, "?token=secret2": 403, "?token=secret": 200},
	} {
		w := open(t, Page{Token: token})
		was := sameUser
		t.Cleanup(func() { sameUser = was })
		sameUser = func(*http.Request) bool { return false }
		for query, want := range queries {
			for _, path := range []string{"/", "/live/stream"} {
				if code, text := w.ask(t, "GET", path+query, nil); code != want {
					t.Errorf("%s: %d %q, want %d", path+query, code, text, want)
				}
			}
			if code, _ := w.ask(t, "POST", "/live/do/reload"+query, map[string]string{"Origin": w.server.URL,
				header: "1"}); code != want {
				t.Errorf("POST %s: %d, want %d", query, code, want)
			}
		}
	}
}

// Each answer forbids what the page does not need.
func TestPolicy(t *testing.T) {
	w := open(t, Page{})
	res := testkit.Must(w.server.Client().Get(w.server.URL))(t)
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	if got := res.Header.Get("Content-Security-Policy"); !strings.HasPrefix(got, "default-src 'none'") ||
		strings.Contains(got, "unsafe") {
		t.Errorf("%q", got)
	}
	for _, part := range []string{"style=", "<script>", " onclick", "http:", "https:"} {
		if strings.Contains(string(b), part) {
			t.Errorf("the page has %s", part)
		}
	}
}

// As many streams as there may be, and a reader that does not read: the next one is refused, until one ends.
func TestTooManyStreams(t *testing.T) {
	w := open(t, Page{})
	ctx, cancel := context.WithCancel(t.Context())
	for range maxStreams {
		req, _ := http.NewRequestWithContext(ctx, "GET", w.server.URL+"/live/stream", nil)
		res := testkit.Must(w.server.Client().Do(req))(t)
		defer res.Body.Close()
	}
	if code, _ := w.ask(t, "GET", "/live/stream", nil); code != 503 {
		t.Errorf("%d", code)
	}
	cancel()
	testkit.Eventually(t, func() error {
		if code, _ := w.ask(t, "GET", "/live/stream", nil); code != 200 {
			return fmt.Errorf("%d although all streams have ended", code)
		}
		return nil
	})
}

func TestView(t *testing.T) {
	at := func(s int64) time.Time { return time.Unix(s, 0) }
	st := report.Status{
		State: report.PhaseServing, Generation: 2, Command: []string{"node", "--token=secret"},
		Endpoints: []report.EndpointStatus{{Network: "tcp4", Address: "127.0.0.1:4000", Generation: 2},
			{Address: "127.0.0.1:9229", Debugger: true}},
		Lives: []report.Life{
			{Gen: 1, Began: at(10), Served: at(11)}, {Gen: 2, Began: at(13), Served: at(14)},
			{Gen: 3, Began: at(15), Ended: at(16), Failed: true},
		},
		Generations: []report.GenerationStatus{{ID: 1, State: "draining", Connections: 2, StaysFor: 1},
			{ID: 2, State: "serving"}},
	}
	got := string(viewOf(st).json(20))
	want := `{"now":20,"state":"serving","generation":2,"endpoints":[{"network":"tcp4","address":"127.0.0.1:4000","generation":2}],"swaps":0,"failed_swaps":0,"paused":null,"failure":null,"generations":[` +
		`{"gen":1,"state":"draining","began":10000,"served":11000,"relieved":14000,"ended":0,"connections":2,"stays_for":1},` +
		`{"gen":2,"state":"serving","began":13000,"served":14000,"relieved":0,"ended":0,"connections":0,"stays_for":0},` +
		`{"gen":3,"state":"failed","began":15000,"served":0,"relieved":0,"ended":16000,"connections":0,"stays_for":0}]}`
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	st.Generation, st.Lives[1].Failed = 1, true // rolled back
	if v := viewOf(st); v.Generations[0].Relieved != 0 || v.Generations[1].Relieved != 0 {
		t.Errorf("%+v", v.Generations)
	}
}
