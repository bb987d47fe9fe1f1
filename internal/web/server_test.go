package web

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// listening returns a server whose only page is /ok, and where it is.
func listening(t *testing.T, page http.HandlerFunc) (a *Addresses, s *Server, at string) {
	t.Helper()
	a = fresh(t)
	s = testkit.Must(a.Open(anyPort("127.0.0.1")))(t)
	s.HandleFunc("/ok", page)
	a.Serve()
	t.Cleanup(a.Close)
	return a, s, s.listener.Addr().String()
}

func empty(http.ResponseWriter, *http.Request) {}

// get returns the status code of an answer.
func get(t *testing.T, s *Server, path string) int {
	t.Helper()
	req := testkit.Must(http.NewRequestWithContext(t.Context(), "GET", s.URL()+path, nil))(t)
	res, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	// the answer was lost, since not all of a long request was read
	if errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
		return http.StatusRequestHeaderFieldsTooLarge
	}
	testkit.NoError(t, err)
	res.Body.Close()
	return res.StatusCode
}

// The head of a request is bounded.
func TestLongRequest(t *testing.T) {
	_, s, _ := listening(t, empty)
	if code := get(t, s, "/ok?"+strings.Repeat("x", 2*maxHeader)); code != 431 {
		t.Errorf("%d", code)
	}
}

// Clients that send only the beginning of a request keep nobody out: those that have been silent for the longest time
// are closed.
func TestTooManyConnections(t *testing.T) {
	_, s, at := listening(t, empty)
	var all []net.Conn
	for range maxConnections {
		c := testkit.Dial(t, at)
		_, _ = io.WriteString(c, "GET /ok HTTP/1.1\r\nHo")
		all = append(all, c)
	}
	for i := range 3 {
		if code := get(t, s, "/ok"); code != 200 {
			t.Errorf("request %d: %d", i, code)
		}
	}
	if b, err := io.ReadAll(all[0]); err != nil && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the oldest connection: %q, %v", b, err)
	}
}

// Who has connected before a child took over gets an answer, and no second one on that connection. Streams end.
func TestReleaseAnswersWhoHasConnected(t *testing.T) {
	began := make(chan struct{})
	a, _, at := listening(t, func(_ http.ResponseWriter, r *http.Request) { close(began); <-r.Context().Done() })
	conn := testkit.Dial(t, at)
	_, _ = io.WriteString(conn, "GET /ok HTTP/1.1\r\nHost: h\r\n\r\n")
	<-began
	a.Release()
	res := testkit.Must(http.ReadResponse(bufio.NewReader(conn), nil))(t)
	if res.StatusCode != 200 || !res.Close {
		t.Errorf("%d, and the connection is kept: %t", res.StatusCode, !res.Close)
	}
}

// A request that comes after a child took over is answered, too, if its client had connected before.
func TestReleaseAnswersALateRequest(t *testing.T) {
	a, accepted := fresh(t), make(chan struct{})
	s := testkit.Must(a.Open(anyPort("127.0.0.1")))(t)
	s.HandleFunc("/ok", empty)
	hook := s.http.ConnContext
	s.http.ConnContext = func(ctx context.Context, c net.Conn) context.Context { close(accepted); return hook(ctx, c) }
	a.Serve()
	t.Cleanup(a.Close)
	conn := testkit.Dial(t, s.listener.Addr().String())
	<-accepted
	a.Release()
	_, _ = io.WriteString(conn, "GET /ok HTTP/1.1\r\nHost: h\r\n\r\n")
	res := testkit.Must(http.ReadResponse(bufio.NewReader(conn), nil))(t)
	if res.StatusCode != 200 || !res.Close {
		t.Errorf("%d, and the connection is kept: %t", res.StatusCode, !res.Close)
	}
}
