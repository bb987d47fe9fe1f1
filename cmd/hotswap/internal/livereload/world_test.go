package livereload

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

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
	end  func()
	mu   sync.Mutex // guards what follows
	got  []string   // events
	gone bool
}

// ask asks the server as a page of that origin, on a connection of its own.
func (w *world) ask(path, origin string) (*http.Response, error) {
	q, err := http.NewRequest("GET", "http://localhost:35729"+path, nil)
	if err != nil {
		return nil, err
	}
	q.Header.Set("Origin", origin)
	return (&http.Transport{DisableKeepAlives: true, DialContext: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		w.dials <- theirs
		return ours, nil
	}}).RoundTrip(q)
}

func (w *world) open(says string) *browser {
	w.t.Helper()
	return w.openAt("http://localhost:4000", says)
}

// openAt opens a page of that origin.
func (w *world) openAt(origin, says string) *browser {
	w.t.Helper()
	res := testkit.Must(w.ask(streamPath+says, origin))(w.t)
	if got := res.Header.Get("Access-Control-Allow-Origin"); res.StatusCode != http.StatusOK || got != origin {
		w.t.Fatalf("%d, for %q", res.StatusCode, got)
	}
	b := &browser{t: w.t, end: func() { res.Body.Close() }}
	w.t.Cleanup(b.end)
	go b.read(bufio.NewScanner(res.Body))
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
	return fmt.Sprintf("?since=%d", time.Now().Add(-age).UnixMilli())
}

func (b *browser) read(lines *bufio.Scanner) {
	kind := ""
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		switch {
		case name == "event":
			kind = value
		case name == "data":
			if kind == "failure" && value != "" {
				kind += " " + value
			}
			b.mu.Lock()
			b.got = append(b.got, kind)
			b.mu.Unlock()
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.gone = true
}

// has demands what the page was told.
func (b *browser) has(want ...string) {
	b.t.Helper()
	synctest.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	if got, want := fmt.Sprint(b.got), fmt.Sprint(want); got != want {
		b.t.Errorf("the page was told %s, want %s", got, want)
	}
}
