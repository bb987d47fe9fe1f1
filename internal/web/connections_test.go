package web

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"slices"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// Of connections that send nothing, send a part of a request, or wait between two requests, the one that has been
// silent for the longest time closes for a new one. A connection whose handler runs stays.
func TestLimitConnections(t *testing.T) {
	listener := testkit.Must(net.Listen("tcp", "127.0.0.1:0"))(t)
	release := make(chan struct{})
	entered := make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("/quick", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/long", func(http.ResponseWriter, *http.Request) { close(entered); <-release })
	s := http.Server{Handler: mux, BaseContext: func(net.Listener) context.Context { return t.Context() }}
	Limit(&s, 0, 3, func(net.Conn) int { return 0 })
	go func() { _ = s.Serve(listener) }()
	t.Cleanup(func() { _ = s.Close() })
	dial := func(text string, answers bool) (net.Conn, *bufio.Reader) {
		conn := testkit.Must(net.Dial("tcp", listener.Addr().String()))(t)
		t.Cleanup(func() { _ = conn.Close() })
		_, _ = io.WriteString(conn, text)
		r := bufio.NewReader(conn)
		if answers {
			if res, err := http.ReadResponse(r, nil); err != nil || res.StatusCode != 200 {
				t.Fatalf("%q: %v, %v", text, res, err)
			}
		}
		return conn, r
	}
	ask := func(path string) string { return "GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n" }
	_, long := dial(ask("/long"), false)
	<-entered
	_, kept := dial(ask("/quick"), true)
	_, part := dial("GET /quick HTTP/1.1\r\nHo", false)
	dial(ask("/quick"), true)
	if _, err := kept.ReadByte(); err == nil {
		t.Error("a connection between two requests stays")
	}
	dial(ask("/quick"), true)
	if _, err := part.ReadByte(); err == nil {
		t.Error("a part of a request stays")
	}
	for range 5 { // those that have gone do not count
		conn, _ := dial(ask("/quick"), true)
		conn.Close()
	}
	last, answer := dial(ask("/quick"), true)
	dial(ask("/quick"), true)
	_, _ = io.WriteString(last, ask("/quick"))
	if _, err := http.ReadResponse(answer, nil); err != nil {
		t.Errorf("beside one that runs and another that is silent: %v", err)
	}
	close(release)
	if res, err := http.ReadResponse(long, nil); err != nil || res.StatusCode != 200 {
		t.Errorf("the long request: %v, %v", res, err)
	}
}

// The owner who has the most silent connections loses one, also one whose request waits for a place: it is never
// handled.
func TestLimitOfAnOwner(t *testing.T) {
	few, many := testkit.Must(net.Listen("tcp", "127.0.0.1:0"))(t), testkit.Must(net.Listen("tcp", "127.0.0.1:0"))(t)
	const most = 16
	handled, release := make(chan string, 2*most), make(chan struct{})
	s := http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		handled <- r.URL.Path
		<-release
	})}
	Limit(&s, 0, most, func(conn net.Conn) int { return conn.LocalAddr().(*net.TCPAddr).Port })
	go func() { _ = s.Serve(few) }()
	go func() { _ = s.Serve(many) }()
	t.Cleanup(func() { _ = s.Close() })
	dial := func(to net.Listener, path string) net.Conn {
		conn := testkit.Must(net.Dial("tcp", to.Addr().String()))(t)
		t.Cleanup(func() { _ = conn.Close() })
		_, _ = io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: h\r\n\r\n")
		return conn
	}
	for range most - most/8 {
		dial(few, "/runs")
		<-handled
	}
	own, was := dial(few, "/own"), dial(many, "/many")
	for range 2 * most {
		next := dial(many, "/many")
		if _, err := was.Read(make([]byte, 1)); err == nil {
			t.Error("it is answered")
		}
		was = next
	}
	close(release)
	got := []string{<-handled, <-handled}
	slices.Sort(got)
	if !slices.Equal(got, []string{"/many", "/own"}) {
		t.Errorf("%q were handled", got)
	}
	for _, conn := range []net.Conn{own, was} {
		if _, err := conn.Read(make([]byte, 1)); err != nil {
			t.Error(err)
		}
	}
	if len(handled) > 0 {
		t.Errorf("%s was handled, too", <-handled)
	}
}
