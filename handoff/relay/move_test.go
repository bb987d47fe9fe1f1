package relay

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// moved returns the client's end of a connection whose other end a relay has, after it read input. The relay reaches
// server. rest bytes of the request follow.
func moved(t *testing.T, server http.Handler, head string, rest int) (client *net.TCPConn, endless func() bool) {
	t.Helper()
	return movedBy(t, New(), server, head, rest)
}

func movedBy(t *testing.T, r *Relay, server http.Handler, head string, rest int) (client *net.TCPConn, endless func() bool) {
	t.Helper()
	client, fd, dial := moving(t, server)
	r.dial = dial
	t.Cleanup(func() { r.Finish(time.Second) })
	if r.Room() < 1 {
		t.Fatal("no room")
	}
	return client, r.Move(1, fd, []byte(head), int64(rest))
}

// moving returns what a relay is about to get: the client, the descriptor of its other end, and how to reach the server.
func moving(t *testing.T, server http.Handler) (client *net.TCPConn, fd int, dial func(context.Context, string, string) (net.Conn, error)) {
	t.Helper()
	l := listen(t)
	c := testkit.Dial(t, l.Addr().String())
	raw := testkit.Must(accept(t, l).SyscallConn())(t) // the old process has it, too
	var err error
	if e := raw.Control(func(at uintptr) {
		_ = unix.SetsockoptInt(int(at), unix.SOL_SOCKET, unix.SO_RCVLOWAT, 1<<30)
		fd, err = unix.FcntlInt(at, unix.F_DUPFD_CLOEXEC, 0)
	}); e != nil || err != nil {
		t.Fatal(e, err)
	}
	web := testkit.Must(net.Listen("tcp4", "127.0.0.1:0"))(t)
	s := &http.Server{Handler: server}
	go func() { _ = s.Serve(web) }()
	t.Cleanup(func() { s.Close() })
	return c.(*net.TCPConn), fd, func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", web.Addr().String())
	}
}

var echo = http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
	b, err := io.ReadAll(q.Body)
	fmt.Fprintf(w, "%s %s %v %v", q.URL.Path, b, q.Close, err)
})

// read returns the body of the answer, after which the connection must end.
func read(t *testing.T, c net.Conn) string {
	t.Helper()
	r := bufio.NewReader(c)
	a := testkit.Must(http.ReadResponse(r, nil))(t)
	b, err := io.ReadAll(a.Body)
	if err != nil || !a.Close {
		t.Fatalf("%v; the client is told of the end: %v", err, a.Close)
	}
	if _, err := r.ReadByte(); !errors.Is(err, io.EOF) {
		t.Fatalf("%v, want the end", err)
	}
	return string(b)
}

func TestMove(t *testing.T) {
	const get, post = "GET /a HTTP/1.1\r\nHost: x\r\n", "POST /a HTTP/1.1\r\nHost: x\r\n"
	large := strings.Repeat("x", 3<<20)
	for name, c := range map[string]struct {
		head string
		rest []string
		body string
	}{
		"whole":                      {get + "Connection: keep-alive\r\n\r\n", nil, ""},
		"with its body":              {post + "Content-Length: 4\r\n\r\n", []string{"body"}, "body"},
		"in parts":                   {post + "Content-Length: 4\r\n\r\n", []string{"bo", "dy"}, "body"},
		"in chunks":                  {post + "Transfer-Encoding: chunked\r\n\r\n", []string{"4\r\nbody\r\n", "0\r\nA: b\r\n\r\n"}, "body"},
		"of a client of version 1.0": {"GET /a HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n", nil, ""},
		"large":                      {post + "Content-Length: 3145728\r\n\r\n", []string{large}, large},
	} {
		t.Run(name, func(t *testing.T) {
			rest := strings.Join(c.rest, "")
			client, _ := moved(t, echo, c.head, len(rest))
			for _, part := range c.rest {
				testkit.Must(io.WriteString(client, part))(t)
			}
			if got, want := read(t, client), fmt.Sprintf("/a %s true <nil>", c.body); got != want {
				t.Errorf("%.80q, want %.80q", got, want)
			}
		})
	}
}

// A relay's own connection to a server speaks for the relay's client.
func TestMade(t *testing.T) {
	r := New()
	var from string
	made := make(chan [2]bool, 1)
	client, _ := movedBy(t, r, http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
		from = q.RemoteAddr
		at := netip.MustParseAddrPort(from)
		mapped := netip.AddrPortFrom(netip.AddrFrom16(at.Addr().As16()), at.Port())
		made <- [2]bool{r.Made(at), r.Made(mapped)}
	}), "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 0)
	if got := <-made; !got[0] || !got[1] {
		t.Errorf("%s: %v", from, got)
	}
	if at := client.LocalAddr().(*net.TCPAddr).AddrPort(); r.Made(at) {
		t.Error("the client's own")
	}
}

// What a client sends behind the request is not answered, and costs the answer nothing.
func TestMoveOfOneRequestOnly(t *testing.T) {
	var asked atomic.Int32
	sent := make(chan struct{})
	client, _ := moved(t, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		asked.Add(1)
		<-sent
		b, _ := io.ReadAll(q.Body)
		if _, err := w.Write(append(b, make([]byte, 1<<20)...)); err != nil || q.Context().Err() != nil {
			t.Error(err, q.Context().Err())
		}
	}), "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n", 4)
	testkit.Must(io.WriteString(client, "bodyGET /second HTTP/1.1\r\nHost: x\r\n\r\n"+strings.Repeat("x", 300000)))(t)
	close(sent)
	if got := read(t, client); len(got) != 4+1<<20 || got[:4] != "body" {
		t.Errorf("%d bytes: %.10q", len(got), got)
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("%d requests", n)
	}
}

// Some servers end their lines without a carriage return.
func TestMoveToAServerWithBareLineFeeds(t *testing.T) {
	client, _ := moved(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\nConnection: keep-alive\nContent-Length: 2\n\nok")
	}), "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 0)
	if got := read(t, client); got != "ok" {
		t.Errorf("%q", got)
	}
}

// '100 Continue' comes before the answer, and the client sends its body only then.
func TestMoveWithInterimAnswer(t *testing.T) {
	c, _ := moved(t, echo, "POST /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n", 4)
	interim := make([]byte, 25)
	if _, err := io.ReadFull(c, interim); err != nil || string(interim) != "HTTP/1.1 100 Continue\r\n\r\n" {
		t.Fatalf("%q, %v", interim, err)
	}
	testkit.Must(io.WriteString(c, "body"))(t)
	if got := read(t, c); got != "/a body true <nil>" {
		t.Error(got)
	}
}

// An event stream has no end of its own.
func TestMoveOfAnEventStream(t *testing.T) {
	const stream = "text/event-stream"
	for _, c := range []struct {
		request, answer string
		want            bool
	}{
		{"GET / HTTP/1.1\r\nHost: x\r\nAccept: " + stream, stream + "; charset=utf-8", true},
		{"GET / HTTP/1.1\r\nHost: x\r\nAccept: " + stream, "text/plain", false},
		{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nAccept: " + stream, stream, false},
	} {
		over := make(chan struct{})
		client, endless := moved(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", c.answer)
			fmt.Fprint(w, "data: 1\n\n")
			_ = http.NewResponseController(w).Flush()
			<-over
		}), c.request+"\r\n\r\n", 0)
		head := bufio.NewReader(client)
		for line := ""; line != "data: 1\n"; {
			var err error
			if line, err = head.ReadString('\n'); err != nil {
				t.Fatal(err)
			}
		}
		if got := endless(); got != c.want {
			t.Errorf("%+v: endless %v", c, got)
		}
		close(over)
	}
}

// The client goes away: so does the request.
func TestMovedClientGoesAway(t *testing.T) {
	gone := make(chan struct{})
	started := make(chan struct{})
	c, _ := moved(t, http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
		close(started)
		<-q.Context().Done()
		close(gone)
	}), "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 0)
	<-started
	c.Close()
	<-gone
}

func TestClosing(t *testing.T) {
	for before, after := range map[string]string{
		"GET / HTTP/1.1\r\n\r\n": "GET / HTTP/1.1\r\nConnection: close\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\nconnection: Keep-Alive\r\nKeep-Alive: 5\r\n\r\n": "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
		"HTTP/1.1 200 OK\nconnection: a\nb: c\n\n":                                     "HTTP/1.1 200 OK\nb: c\nConnection: close\r\n\r\n",
	} {
		if got := string(closing([]byte(before))); got != after {
			t.Errorf("%q, want %q", got, after)
		}
	}
}
