package livereload

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// The phases of a swap.
var (
	idle    = report.Status{State: report.PhaseServing, Generation: 1}
	booting = report.Status{State: report.PhaseServing, Generation: 1, UnderWay: true}
	empty   = report.Status{State: report.PhaseRestarting}
)

// world is a server without a network, in a bubble of fake time.
type world struct {
	t      *testing.T
	server *Server
	mux    *http.ServeMux
	said   []string        // what the server reports
	ctx    context.Context // of all requests
	end    context.CancelFunc
	gen    report.GenID // that serves

	stranger bool // another user connects
}

// begin returns a server whose first generation serves.
func begin(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, mux: http.NewServeMux()}
	w.server = New(false, func(pages int, sheet string) {
		w.said = append(w.said, fmt.Sprintf("%d told %q", pages, sheet))
	})
	was := sameUser
	t.Cleanup(func() { sameUser = was })
	sameUser = func(*http.Request) bool { return !w.stranger }
	w.server.Add(w.mux, "http://127.0.0.1:35729")
	w.ctx, w.end = context.WithCancel(context.Background())
	t.Cleanup(func() { w.end(); synctest.Wait() })
	w.serves(1, idle)
	time.Sleep(time.Second)
	return w
}

// now makes a status that of the supervisor.
func (w *world) now(st report.Status) {
	if st.Generation != 0 {
		st.Generation = w.gen
	}
	w.server.Publish(&st)
}

// serves has another generation serve, as of that status.
func (w *world) serves(gen report.GenID, st report.Status) {
	w.gen = gen
	w.now(st)
}

// visit runs a test in a bubble, with a page that was loaded just now.
func visit(t *testing.T, test func(w *world, p *browser)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := begin(t)
		test(w, w.open(pageOf(0)))
	})
}

// browser is a page, which may be older than its connection. The server writes to it.
type browser struct {
	net.Conn // the server's end
	t        *testing.T
	status   int
	header   http.Header
	text     io.Reader
	end      context.CancelFunc
	mu       sync.Mutex // guards what follows
	got      []string   // events
	gone     bool
}

func (b *browser) Header() http.Header    { return b.header }
func (b *browser) WriteHeader(status int) { b.status = status }
func (b *browser) Flush()                 {}

// ask asks the server as a page of that origin, which has read nothing yet.
func (w *world) ask(path, origin string) *browser {
	ours, theirs := net.Pipe()
	b := &browser{Conn: theirs, t: w.t, status: http.StatusOK, header: http.Header{}, text: ours}
	q := httptest.NewRequest("GET", "http://localhost:35729"+path, nil)
	q.Header.Set("Origin", origin)
	ctx, end := context.WithCancel(w.ctx)
	b.end = func() { end(); ours.Close() }
	go func() {
		defer theirs.Close()
		w.mux.ServeHTTP(b, q.WithContext(ctx))
	}()
	w.t.Cleanup(b.end)
	return b
}

func (w *world) open(says string) *browser {
	w.t.Helper()
	return w.openAt("http://localhost:4000", says)
}

// openAt opens a page of that origin.
func (w *world) openAt(origin, says string) *browser {
	w.t.Helper()
	b := w.ask(streamPath+says, origin)
	go b.read()
	synctest.Wait()
	if got := b.header.Get("Access-Control-Allow-Origin"); b.status == http.StatusOK && got != origin {
		w.t.Errorf("%q may read, and not %q", got, origin)
	}
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

func (b *browser) read() {
	kind := ""
	for lines := bufio.NewScanner(b.text); lines.Scan(); {
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
