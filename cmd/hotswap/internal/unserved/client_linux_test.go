package unserved

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/rights"
	"github.com/hotswap-dev/hotswap/internal/sockdiag"
	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/supervisor/report"
)

// world is a port at which nothing serves.
type world struct {
	*Page
	t      *testing.T
	port   net.Listener
	mu     sync.Mutex // guards what follows
	room   int
	passed chan *os.File
}

func open(t *testing.T) *world {
	w := &world{t: t, port: testkit.Must(net.Listen("tcp4", "127.0.0.1:0"))(t), room: most, passed: make(chan *os.File, 100)}
	t.Cleanup(func() { w.port.Close() })
	w.Page = New(Config{
		Accept: w.accept, Room: func() int { w.mu.Lock(); defer w.mu.Unlock(); return w.room }, Token: "T",
		Pass: func(fd int, _ string) bool { w.passed <- os.NewFile(uintptr(fd), "passed"); return true },
	})
	t.Cleanup(w.Close)
	return w
}

// accept accepts whoever waits.
func (w *world) accept(limit int, _ func([]sockdiag.Name) bool) (fds []int) {
	for len(fds) < limit {
		fd, _, err := unix.Accept4(rights.FD(w.port.(*net.TCPListener)), unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
		if err != nil {
			break
		}
		fds = append(fds, fd)
	}
	return fds
}

func (w *world) fails(reason string) {
	w.Publish(&report.Status{State: report.PhaseWaiting, Failure: &report.FailureStatus{Reason: reason}})
}

func (w *world) starts() { w.Publish(&report.Status{State: report.PhaseStarting}) }
func (w *world) serves() { w.Publish(&report.Status{State: report.PhaseServing, Generation: 2}) }

// comes returns a client that has sent the text.
func (w *world) comes(text string) *net.TCPConn {
	w.t.Helper()
	c := testkit.Must(net.Dial("tcp4", w.port.Addr().String()))(w.t).(*net.TCPConn)
	w.t.Cleanup(func() { c.Close() })
	testkit.Must(io.WriteString(c, text))(w.t)
	return c
}

// gets returns the answer and its body, and closes the connection.
func (w *world) gets(c net.Conn) (*http.Response, string) {
	w.t.Helper()
	defer c.Close()
	r := testkit.Must(http.ReadResponse(bufio.NewReader(c), nil))(w.t)
	return r, string(testkit.Must(io.ReadAll(r.Body))(w.t))
}

// finds waits until so many clients are held.
func (w *world) finds(n int32) {
	w.t.Helper()
	testkit.Eventually(w.t, func() error {
		if got := w.held.Load(); got != n {
			return &net.AddrError{Err: "held", Addr: strings.Repeat("i", int(got))}
		}
		return nil
	})
}

// passes returns what the program reads of the n clients that are passed on, once each has closed its end.
func (w *world) passes(n int) (texts []string) {
	w.t.Helper()
	for range n {
		f := <-w.passed
		c := testkit.Must(net.FileConn(f))(w.t)
		f.Close()
		texts = append(texts, string(testkit.Must(io.ReadAll(c))(w.t)))
		c.Close()
	}
	return texts
}

const navigation = "GET /?hotswap-token=T HTTP/1.1\r\nHost: localhost:3000\r\nSec-Fetch-Mode: navigate\r\n\r\n"

// A browser gets the page, also by a connection on which it has been silent. The page hears whether there is something else
// to say, also while a start is under way.
func TestBrowser(t *testing.T) {
	w := open(t)
	c, later := w.comes(navigation), w.comes("")
	w.fails("<b>broken")
	r, body := w.gets(c)
	id := r.Header.Get(header)
	if r.StatusCode != 503 || !r.Close || !strings.Contains(body, "<h1>&lt;b&gt;broken</h1>") || id == "" || !strings.Contains(body, id) {
		t.Errorf("%+v %s", r, body)
	}
	r, body = w.gets(w.comes(strings.Replace(navigation, "=T", "=t", 1)))
	if r.StatusCode != 503 || strings.Contains(body, "broken") || !strings.Contains(body, "terminal") || len(r.Cookies()) > 0 {
		t.Errorf("without the token: %+v %s", r, body)
	}
	testkit.Must(io.WriteString(later, navigation[:30]))(t)
	testkit.Must(io.WriteString(later, navigation[30:]))(t)
	w.gets(later)
	const own = "GET " + path + " HTTP/1.1\r\nHost: localhost:3000\r\nCookie: hotswap-token-%d=T\r\n\r\n"
	asks := fmt.Sprintf(own, w.port.Addr().(*net.TCPAddr).Port)
	w.finds(0)
	c = w.comes("")
	w.finds(1)
	w.starts()
	testkit.Must(io.WriteString(c, asks))(t)
	if r, _ := w.gets(c); r.Header.Get(header) != id {
		t.Errorf("%+v", r)
	}
	w.fails("broken otherwise")
	if r, _ := w.gets(w.comes(asks)); r.Header.Get(header) == id {
		t.Errorf("%+v", r)
	}
	w.finds(0)
}

// Everybody else waits, and is passed on with all bytes. Nobody waits for anybody.
func TestOthersWait(t *testing.T) {
	w := open(t)
	var clients []*net.TCPConn
	texts := []string{
		"", "\x16\x03\x01 a hello of TLS", "GET / HTTP/1.1\r\nHost: localhost\r\n", "GET / HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n",
		strings.Replace(navigation, "GET", "POST", 1), strings.Replace(strings.Replace(navigation, "=T", "=t", 1), "localhost", "example.org", 1),
		"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("x", mostHead) + "\r\nSec-Fetch-Mode: navigate\r\n\r\n",
	}
	for _, text := range texts {
		clients = append(clients, w.comes(text))
	}
	w.fails("broken")
	w.finds(int32(len(texts)))
	w.gets(w.comes(navigation))
	w.starts()
	w.serves()
	for _, c := range clients {
		testkit.NoError(t, c.CloseWrite())
	}
	got := strings.Join(w.passes(len(texts)), "|") + "|"
	for _, text := range texts {
		if !strings.Contains(got, text+"|") {
			t.Errorf("%q was not passed on", text)
		}
	}
	w.finds(0)
}

// Who has gone makes room if only an answer was asked for, or nothing. Whose request may have an effect is passed on, as is
// who still reads.
func TestGone(t *testing.T) {
	w := open(t)
	w.fails("broken")
	const get, post = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "POST / HTTP/1.1\r\nHost: localhost\r\n\r\n"
	gone := []*net.TCPConn{w.comes(""), w.comes(get), w.comes(post), w.comes(get + post)}
	reads := []*net.TCPConn{w.comes(""), w.comes(get)}
	w.finds(6)
	for _, c := range gone {
		c.Close()
	}
	for _, c := range reads {
		testkit.NoError(t, c.CloseWrite())
	}
	w.finds(4)
	w.serves()
	got := w.passes(4)
	slices.Sort(got)
	if !slices.Equal(got, []string{"", get, get + post, post}) {
		t.Errorf("%q", got)
	}
}

// No more are accepted than there is room for: the others stay in the queue.
func TestFull(t *testing.T) {
	w := open(t)
	w.room = 2
	for range 3 {
		w.comes("x")
	}
	w.fails("broken")
	w.finds(2)
	waits := w.comes(navigation)
	w.serves()
	w.finds(0)
	if n := len(w.passed); n != 2 {
		t.Errorf("%d were passed on", n)
	}
	if fds := w.accept(9, nil); len(fds) != 2 {
		t.Errorf("%d are in the queue", len(fds))
	}
	waits.Close()
}

// At the end nobody is passed on.
func TestClose(t *testing.T) {
	w := open(t)
	c := w.comes("x")
	w.fails("broken")
	w.finds(1)
	w.Close()
	if _, err := c.Read(make([]byte, 1)); err == nil || len(w.passed) > 0 {
		t.Errorf("%v, %d passed on", err, len(w.passed))
	}
	w.fails("another") // comes too late
}
