package relay

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// moved returns the client's end of a connection whose other end a relay has, after it read input. The relay reaches
// server.
func moved(t *testing.T, server http.Handler, input string) (client *net.TCPConn, endless func() bool) {
	t.Helper()
	l := listen(t)
	c := testkit.Dial(t, l.Addr().String())
	raw := testkit.Must(accept(t, l).SyscallConn())(t) // the old process has it, too
	var fd int
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
	r := New()
	r.dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", web.Addr().String())
	}
	t.Cleanup(func() { r.Finish(time.Second); s.Close() })
	if r.Room() < 1 {
		t.Fatal("no room")
	}
	return c.(*net.TCPConn), r.Move(1, fd, []byte(input))
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
	for name, parts := range map[string][]string{
		"whole":                      {"GET /a HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n"},
		"with its body":              {"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody"},
		"and the body later":         {"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n", "bo", "dy"},
		"in chunks":                  {"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", "4\r\nbody\r\n", "0\r\n\r\n"},
		"the head in parts":          {"GET /a HTTP/1.1\r\nHo", "st: x\r\n", "\r\n"},
		"of a client of version 1.0": {"GET /a HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n"},
		"large":                      {"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n", strings.Repeat("x", 300000)},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := moved(t, echo, parts[0])
			body := ""
			if _, after, ok := strings.Cut(parts[0], "\r\n\r\n"); ok {
				body = after
			}
			for _, part := range parts[1:] {
				testkit.Must(io.WriteString(c, part))(t)
			}
			switch name {
			case "and the body later", "in chunks":
				body = "body"
			case "large":
				body = parts[1]
			}
			if got, want := read(t, c), fmt.Sprintf("/a %s true <nil>", body); got != want {
				t.Errorf("%.80q, want %.80q", got, want)
			}
		})
	}
}

// '100 Continue' comes before the answer, and the client sends its body only then.
func TestMoveWithInterimAnswer(t *testing.T) {
	c, _ := moved(t, echo, "POST /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
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
		}), c.request+"\r\n\r\n")
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

// A client may ask for another protocol on a connection that it kept.
func TestMoveToAnotherProtocol(t *testing.T) {
	c, _ := moved(t, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		conn, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: "+q.Header.Get("Upgrade")+"\r\n\r\n")
		line, _ := rw.ReadString('\n')
		_, _ = io.WriteString(conn, line)
	}), "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: lines\r\n\r\n")
	r := bufio.NewReader(c)
	a, err := http.ReadResponse(r, nil)
	if err != nil || a.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(a, err)
	}
	testkit.Must(io.WriteString(c, "hello\n"))(t)
	if line, err := r.ReadString('\n'); line != "hello\n" {
		t.Errorf("%q, %v", line, err)
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
	}), "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	<-started
	c.Close()
	<-gone
}

func TestClosing(t *testing.T) {
	for before, after := range map[string]string{
		"GET / HTTP/1.1\r\n\r\n": "GET / HTTP/1.1\r\nConnection: close\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\nconnection: Keep-Alive\r\nKeep-Alive: 5\r\n\r\n": "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
		"GET / HTTP/1.1\r\nConnection: keep-alive, Upgrade\r\nUpgrade: a\r\n\r\n":      "GET / HTTP/1.1\r\nConnection: keep-alive, Upgrade\r\nUpgrade: a\r\n\r\n",
	} {
		if got := string(closing([]byte(before))); got != after {
			t.Errorf("%q, want %q", got, after)
		}
	}
}
