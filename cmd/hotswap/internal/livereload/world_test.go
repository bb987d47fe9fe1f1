package livereload

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// The phases of a swap.
var (
	idle    = report.Status{State: report.PhaseServing, Generation: 1}
	booting = report.Status{State: report.PhaseServing, Generation: 1, UnderWay: true}
	empty   = report.Status{State: report.PhaseRestarting}
)

// lines are what the server reports.
type lines struct {
	mu  sync.Mutex // guards all
	all []string
}

func (l *lines) add(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, text)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.all, "; ")
}

func (l *lines) told(pages int, sheet string) {
	l.add(fmt.Sprintf("%d told %q", pages, sheet))
}

// world is a server without a network, in a bubble of fake time.
type world struct {
	t      *testing.T
	server *Server
	said   *lines
	dials  chan net.Conn
	end    context.CancelFunc // of the context of all requests

	stranger bool // another user connects
}

type pipeListener struct {
	dials chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.dials:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}
func (l *pipeListener) Close() error   { l.once.Do(func() { close(l.done) }); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 35729} }

// begin returns a server whose first generation serves.
func begin(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, said: &lines{}, dials: make(chan net.Conn)}
	w.server = New(false, w.said.told)
	w.server.same = func(*http.Request) bool { return !w.stranger }
	ctx, cancel := context.WithCancel(context.Background())
	w.end = cancel
	mux := http.NewServeMux()
	w.server.Add(mux, "http://127.0.0.1:35729")
	web := http.Server{Handler: mux, BaseContext: func(net.Listener) context.Context { return ctx }}
	go func() { _ = web.Serve(&pipeListener{dials: w.dials, done: make(chan struct{})}) }()
	t.Cleanup(func() { cancel(); web.Close(); synctest.Wait() })
	w.server.Notice(report.NoticeServing{Gen: 1})
	w.now(idle)
	time.Sleep(time.Second)
	return w
}

// now makes a status that of the supervisor, after its notices.
func (w *world) now(st report.Status) { w.server.Publish(&st) }

// visit runs a test in a bubble, with a page that was loaded just now.
func visit(t *testing.T, test func(w *world, p *browser)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := begin(t)
		test(w, w.open(pageOf(0)))
	})
}

// browser is a page, which may be older than its connection.
type browser struct {
	t    *testing.T
	conn *websocket.Conn
	mu   sync.Mutex // guards got
	got  []string
	gone bool
}

func (w *world) client() *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		w.dials <- theirs
		return ours, nil
	}}}
}

func (w *world) dial(origin string) (*websocket.Conn, *http.Response, error) {
	return websocket.Dial(context.Background(), "ws://localhost:35729/livereload", &websocket.DialOptions{HTTPClient: w.client(), HTTPHeader: http.Header{"Origin": {origin}}})
}

func (w *world) open(infoMessage string) *browser {
	w.t.Helper()
	return w.openAt("http://localhost:4000", infoMessage)
}

// openAt opens a page of that origin.
func (w *world) openAt(origin, infoMessage string) *browser {
	w.t.Helper()
	conn, _, err := w.dial(origin)
	testkit.NoError(w.t, err)
	b := &browser{t: w.t, conn: conn}
	w.t.Cleanup(func() { conn.CloseNow() })
	b.send(`{"command":"hello","protocols":["` + protocol7 + `"]}`)
	go b.read()
	synctest.Wait()
	if infoMessage != "" {
		b.send(infoMessage)
	}
	synctest.Wait()
	return b
}

// pages returns how many are connected.
func (w *world) pages() int {
	w.server.mu.Lock()
	defer w.server.mu.Unlock()
	return w.server.connected
}

func pageOf(age time.Duration) string {
	return fmt.Sprintf(`{"command":"info","plugins":{"hotswap":{"age":%d}}}`, age.Milliseconds())
}

func (b *browser) send(message string) {
	b.t.Helper()
	testkit.NoError(b.t, b.conn.Write(context.Background(), websocket.MessageText, []byte(message)))
}

func (b *browser) read() {
	for {
		_, text, err := b.conn.Read(context.Background())
		b.mu.Lock()
		if err != nil {
			b.gone = true
			b.mu.Unlock()
			return
		}
		var m reload
		_ = json.Unmarshal(text, &m)
		what := m.Command
		if m.LiveCSS || strings.HasPrefix(m.Path, failurePath) {
			what = m.Path
		}
		b.got = append(b.got, what)
		b.mu.Unlock()
	}
}

// has demands what the page was told after the hello.
func (b *browser) has(want ...string) {
	b.t.Helper()
	synctest.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	if got, want := fmt.Sprint(b.got), fmt.Sprint(append([]string{"hello"}, want...)); got != want {
		b.t.Errorf("the page was told %s, want %s", got, want)
	}
}
