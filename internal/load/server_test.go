package load

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// server is a TCP server whose every connection is a script, so that each
// misbehaviour can be had on order.
type server struct {
	t    *testing.T
	addr string
	ln   *net.TCPListener
	done sync.WaitGroup
}

// peer is the server's end of one connection; number counts them from 1.
type peer struct {
	*net.TCPConn
	t      *testing.T
	br     *bufio.Reader
	number int
}

// serve runs script on every connection, until the test ends.
func serve(t *testing.T, script func(*peer)) *server {
	t.Helper()
	ln := testkit.Must(net.Listen("tcp", "127.0.0.1:0"))(t)
	s := &server{t: t, addr: ln.Addr().String(), ln: ln.(*net.TCPListener)}
	s.done.Go(func() {
		for number := 1; ; number++ {
			c, err := s.ln.AcceptTCP()
			if err != nil {
				return
			}
			s.done.Go(func() {
				defer c.Close()
				script(&peer{TCPConn: c, t: t, br: bufio.NewReader(c), number: number})
			})
		}
	})
	t.Cleanup(func() {
		ln.Close()
		s.done.Wait()
	})
	return s
}

// connected is a client's connection, until the test ends.
func connected(t *testing.T, addr string) *conn {
	t.Helper()
	c, _, err := dial(t.Context(), addr, time.Minute)
	testkit.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	return c
}

// ask reads one request; false at the end of the connection.
func (p *peer) ask() bool {
	r, err := http.ReadRequest(p.br)
	if err != nil {
		return false
	}
	body := make([]byte, max(0, r.ContentLength))
	for n := 0; n < len(body); {
		m, err := r.Body.Read(body[n:])
		n += m
		if err != nil && n < len(body) {
			p.t.Errorf("read the body of a request: %v", err)
			return false
		}
	}
	return true
}

// say answers with a body that version made.
func (p *peer) say(version int) {
	body := fmt.Sprintf(`{"pong":true,"version":%d,"pid":1}`, version)
	fmt.Fprintf(p, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// reset ends the connection by a RST.
func (p *peer) reset() {
	p.SetLinger(0)
	p.Close()
}

// untilGone waits for the client to leave.
func (p *peer) untilGone() {
	for p.ask() {
	}
}

// ping is a GET worker that makes n requests and waits for nothing between.
func ping(n int, keepAlive bool) Kind {
	return Kind{Workers: 1, Limit: n, Path: "/ping", KeepAlive: keepAlive}
}

// run makes a run of one kind to its end.
func run(t *testing.T, cfg Config) Snapshot {
	t.Helper()
	return runClient(t, New(cfg))
}

func runClient(t *testing.T, c *Client) Snapshot {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	go c.Run(ctx)
	s := c.Wait()
	if ctx.Err() != nil {
		t.Fatalf("the run did not end by itself: %v", s)
	}
	return s
}

// expect compares the classes of a run with what is wanted, and so that each
// request was counted once.
func expect(t *testing.T, s Snapshot, want map[Class]uint64) {
	t.Helper()
	total := uint64(0)
	for class, n := range want {
		total += n
		if s.Counts[class] != n {
			t.Errorf("%s: %d, want %d", class, s.Counts[class], n)
		}
	}
	if s.Requests != total {
		t.Errorf("%d requests counted, want %d", s.Requests, total)
	}
	failed := uint64(0)
	for class, n := range want {
		if class.Failure() {
			failed += n
		}
	}
	if s.Failed() != failed || len(s.Examples) != int(failed) {
		t.Errorf("%d failed, %d examples, want %d", s.Failed(), len(s.Examples), failed)
	}
}
