package proxy

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// world is a proxy, and the generations behind it.
type world struct {
	t      testing.TB
	proxy  *Proxy
	events chan handoff.Event
	own    atomic.Pointer[[]handoff.Endpoint] // at which each generation listens, by socket 1; nil: nothing is known
	socket atomic.Uint64                      // that answers
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, events: make(chan handoff.Event, 100)}
	c := Config{Free: func(port int) bool {
		l, err := net.Listen("tcp4", address(port))
		if err == nil {
			l.Close()
		}
		return err == nil
	}, Own: func([]int) ([]handoff.Endpoint, []uint64, bool) {
		if own := w.own.Load(); own != nil {
			return *own, []uint64{1}, true
		}
		return nil, nil, false
	}, Answers: func(netip.AddrPort) (uint64, bool) { return w.socket.Load(), false }}
	at := handoff.Endpoint{Network: "tcp4", Addr: testkit.FreeAddress(t, "127.0.0.1")}
	w.proxy = testkit.Must(Listen(at, c))(t)
	t.Cleanup(w.proxy.Close)
	return w
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// generation is a program.
type generation struct {
	w    *world
	gen  handoff.GenID
	port int
	l    net.Listener // nil: it does not listen
	end  func()
}

// starts starts a generation that does not listen yet.
func (w *world) starts(gen handoff.GenID) *generation {
	w.t.Helper()
	l := &handoff.Launch{Gen: gen, Env: []string{"PORT=1", "A=1"}}
	s := testkit.Must(w.proxy.Prepare(l))(w.t)
	if len(l.Env) != 2 || l.Env[0] != "A=1" {
		w.t.Fatalf("%q", l.Env)
	}
	g := &generation{w: w, gen: gen, port: testkit.Must(strconv.Atoi(l.Env[1][len("PORT="):]))(w.t)}
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error)
	go func() {
		ran <- s.Run(ctx, handoff.Running{Tree: func() []int { return nil }}, func(ev handoff.Event) { w.events <- ev })
	}()
	ended := false
	g.end = func() {
		if ended {
			return
		}
		ended = true
		if g.l != nil {
			g.l.Close()
		}
		cancel()
		if err := <-ran; err != nil {
			w.t.Error(err)
		}
		w.proxy.Queue(gen)
	}
	w.t.Cleanup(g.end)
	return g
}

// listens has the generation listen, and waits until hotswap knows it.
func (g *generation) listens() {
	g.w.t.Helper()
	g.l = testkit.Must(net.Listen("tcp4", address(g.port)))(g.w.t)
	for _, unready := (<-g.w.events).(handoff.Unready); unready; _, unready = (<-g.w.events).(handoff.Unready) {
		continue
	}
	if got := g.w.proxy.Endpoints(g.gen); len(got) != 1 || got[0] != g.w.proxy.at {
		g.w.t.Fatalf("listens at %v", got)
	}
}

// serves has a generation listen, and steers clients to it. A connection without a word is the proxy's own look.
func (w *world) serves(gen handoff.GenID) *generation {
	w.t.Helper()
	g := w.starts(gen)
	g.listens()
	look := g.accepts()
	testkit.Must(io.ReadAll(look))(w.t)
	w.cutover(g)
	return g
}

func (w *world) cutover(g *generation) {
	w.t.Helper()
	if at, _ := w.proxy.Cutover(g.gen); len(at) != 1 {
		w.t.Fatalf("%v", at)
	}
}

// accepts returns the next connection of the generation.
func (g *generation) accepts() *net.TCPConn {
	g.w.t.Helper()
	_ = g.l.(*net.TCPListener).SetDeadline(time.Now().Add(testkit.Patience))
	c := testkit.Must(g.l.Accept())(g.w.t)
	g.w.t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(testkit.Patience))
	return c.(*net.TCPConn)
}

// answers answers the requests of all connections by the generation's number, and one for /wait when told to.
func (g *generation) answers() (wait chan<- struct{}, asked <-chan struct{}) {
	told, came := make(chan struct{}), make(chan struct{}, 100)
	s := &http.Server{Handler: http.HandlerFunc(func(a http.ResponseWriter, q *http.Request) {
		if q.URL.Path == "/wait" {
			came <- struct{}{}
			<-told
		}
		b, _ := io.ReadAll(q.Body)
		fmt.Fprintf(a, "%d %s", g.gen, b)
	})}
	go func() { _ = s.Serve(g.l) }()
	g.w.t.Cleanup(func() { s.Close() })
	return told, came
}

// client is one that keeps its connection.
type client struct {
	*net.TCPConn
	t  testing.TB
	in *bufio.Reader
}

func (w *world) client() *client {
	w.t.Helper()
	c := testkit.Dial(w.t, w.proxy.at.Addr.String()).(*net.TCPConn)
	_ = c.SetDeadline(time.Now().Add(testkit.Patience))
	return &client{c, w.t, bufio.NewReader(c)}
}

func (c *client) asks(path string) {
	c.t.Helper()
	testkit.Must(io.WriteString(c, "POST "+path+" HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"))(c.t)
}

// gets demands an answer of the generation.
func (c *client) gets(gen int) {
	c.t.Helper()
	a := testkit.Must(http.ReadResponse(c.in, nil))(c.t)
	b := testkit.Must(io.ReadAll(a.Body))(c.t)
	if want := strconv.Itoa(gen) + " hi"; strings.TrimSpace(string(b)) != want || a.Close {
		c.t.Fatalf("%q, closes %v; want %q", b, a.Close, want)
	}
}

// reports demands such a report of the generation's connections.
func (w *world) reports(gen handoff.GenID, want handoff.DrainReport) {
	w.t.Helper()
	want.Settled = want.Stays == 0
	testkit.Eventually(w.t, func() error {
		if got := w.proxy.Report(gen); got != want {
			return fmt.Errorf("generation %d: %+v, want %+v", gen, got, want)
		}
		return nil
	})
}
