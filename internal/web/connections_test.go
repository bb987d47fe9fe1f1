package web

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// Of connections that send nothing, send a part of a request, or wait between two requests, the one that has been silent for the longest time closes for a new one. A connection whose handler runs stays.
func TestLimitConnections(t *testing.T) {
	listener := testkit.Must(net.Listen("tcp", "127.0.0.1:0"))(t)
	release := make(chan struct{})
	entered := make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("/quick", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/long", func(http.ResponseWriter, *http.Request) { close(entered); <-release })
	s := http.Server{Handler: mux, BaseContext: func(net.Listener) context.Context { return t.Context() }}
	LimitConnections(&s, 3)
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
		_ = conn.Close()
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
