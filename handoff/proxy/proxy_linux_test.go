package proxy

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/internal/wait"
)

// A kept connection gets the next generation for its next request, and a request under way is answered by the one that
// has it. A rollback is the same, the other way round. While nobody serves clients wait, whether they are new or not.
func TestCutover(t *testing.T) {
	w := newWorld(t)
	kept := w.client()
	kept.asks("/")
	one := w.serves(1)
	answer, asked := one.answers()
	busy, silent := w.client(), w.client()
	kept.gets(1)
	busy.asks("/wait")
	<-asked
	w.reports(1, handoff.DrainReport{Connections: 3, Busy: 1})
	two := w.serves(2)
	two.answers()
	w.reports(1, handoff.DrainReport{Connections: 1, Busy: 1})
	w.reports(2, handoff.DrainReport{Connections: 1}) // that of the silent one: of the other, only the client is left
	for _, c := range []*client{kept, silent, w.client(), kept} {
		c.asks("/")
		c.gets(2)
	}
	answer <- struct{}{}
	busy.gets(1)
	w.reports(1, handoff.DrainReport{})
	busy.asks("/")
	busy.gets(2)
	w.cutover(one)
	w.reports(2, handoff.DrainReport{})
	for _, c := range []*client{kept, busy, silent, w.client()} {
		c.asks("/")
		c.gets(1)
	}
	w.proxy.serving.Store(2) // a cutover that has not come to this connection yet
	kept.asks("/")
	kept.gets(2)
	if !w.proxy.Queue(2) || w.proxy.Queue(2) {
		t.Error("a generation parks once")
	}
	two.end()
	late := w.client()
	for _, c := range []*client{kept, late} {
		c.asks("/")
	}
	w.serves(3).answers()
	kept.gets(3)
	late.gets(3)
}

// A generation that serves and does not accept for a moment costs no client its connection.
func TestFailedConnectIsRepeated(t *testing.T) {
	w := newWorld(t)
	one := w.serves(1)
	one.l.Close()
	c := w.client()
	c.asks("/")
	one.l = testkit.Must(net.Listen("tcp4", address(one.port)))(t)
	one.answers()
	c.gets(1)
	one.l.Close()
	c = w.client()
	c.asks("/")
	w.serves(2).answers()
	c.gets(2)
}

// Of a process that is killed, clients learn as without a proxy: what was under way ends, and what is new waits.
func TestCrash(t *testing.T) {
	w := newWorld(t)
	one := w.serves(1)
	c := w.client()
	c.asks("/")
	server := one.accepts()
	testkit.Must(server.Read(make([]byte, 1000)))(t)
	_ = server.SetLinger(0)
	server.Close()
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("%v, want a reset", err)
	}
	one.end()
	if got := w.proxy.serving.Load(); got != 0 {
		t.Errorf("generation %d serves", got)
	}
	c = w.client()
	c.asks("/")
	w.serves(2).answers()
	c.gets(2)
}

// Each direction ends by itself.
func TestHalfClose(t *testing.T) {
	w := newWorld(t)
	one := w.serves(1)
	for _, first := range []bool{true, false} { // who ends first
		c := w.client()
		testkit.Must(io.WriteString(c, "x"))(t)
		a, b := c.TCPConn, one.accepts()
		testkit.Must(io.ReadFull(b, make([]byte, 1)))(t)
		if !first {
			a, b = b, a
		}
		testkit.Must(io.WriteString(a, "hello"))(t)
		testkit.NoError(t, a.CloseWrite())
		if got := testkit.Must(io.ReadAll(b))(t); string(got) != "hello" {
			t.Errorf("%q", got)
		}
		large := strings.Repeat("y", 1<<20)
		go func() { _, _ = io.WriteString(b, large); _ = b.CloseWrite() }()
		if got := testkit.Must(io.ReadAll(a))(t); string(got) != large {
			t.Errorf("%d bytes", len(got))
		}
	}
	w.reports(1, handoff.DrainReport{})
	one.l.Close()
	c := w.client() // its end comes while it waits
	testkit.Eventually(t, func() error {
		return map[bool]error{true: errors.New("nobody waits")}[w.proxy.waiting.Load() == 0]
	})
	testkit.NoError(t, c.CloseWrite())
	one.l = testkit.Must(net.Listen("tcp4", address(one.port)))(t)
	for range 2 { // the proxy's own look, and the client
		testkit.Must(io.ReadAll(one.accepts()))(t)
	}
}

// A client that keeps its side open does not hold up hotswap's end.
func TestEnd(t *testing.T) {
	w := newWorld(t)
	one := w.serves(1)
	testkit.Must(io.WriteString(w.client(), "x"))(t)
	server := one.accepts()
	testkit.Must(io.ReadFull(server, make([]byte, 1)))(t)
	time.AfterFunc(wait.LastAnswers/2, func() { server.Close() })
	began := time.Now()
	w.proxy.Close()
	if time.Since(began) > wait.Work {
		t.Errorf("it ends after %v", time.Since(began))
	}
}

// A reset is passed on as a reset, and not as an end.
func TestReset(t *testing.T) {
	w := newWorld(t)
	one := w.serves(1)
	c := w.client()
	testkit.Must(io.WriteString(c, "x"))(t)
	server := one.accepts()
	testkit.Must(io.ReadFull(server, make([]byte, 1)))(t)
	_ = c.SetLinger(0)
	c.Close()
	if _, err := server.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("%v, want a reset", err)
	}
}

// Above the limit the connection ends that has been silent for the longest time. While all are busy, clients wait.
func TestLimit(t *testing.T) {
	w := newWorld(t)
	w.proxy.limit = 2 // before a generation serves, no client is accepted
	answer, asked := w.serves(1).answers()
	first, second := w.client(), w.client()
	for _, c := range []*client{first, second, first} {
		c.asks("/")
		c.gets(1)
	}
	third := w.client()
	third.asks("/wait")
	if _, err := second.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("%v, want an end", err)
	}
	<-asked
	first.asks("/wait")
	<-asked
	fourth := w.client()
	fourth.asks("/")
	w.reports(1, handoff.DrainReport{Connections: 2, Busy: 2})
	answer <- struct{}{}
	answer <- struct{}{}
	first.gets(1)
	third.gets(1)
	fourth.gets(1)
}

// What is no HTTP/1 stays with its generation, and counts as busy while the client spoke last.
func TestOpaque(t *testing.T) {
	w := newWorld(t)
	one := w.serves(1)
	c := w.client()
	testkit.Must(io.WriteString(c, "GET / HTTP/1.1\r\n\r\n"))(t)
	server := one.accepts()
	testkit.Must(server.Read(make([]byte, 100)))(t)
	testkit.Must(io.WriteString(server, "HTTP/1.1 101 Switching Protocols\r\n\r\n"))(t)
	testkit.Must(c.Read(make([]byte, 100)))(t)
	w.reports(1, handoff.DrainReport{Connections: 1, Stays: 1}) // when it has been quiet for a second
	testkit.Must(c.Write([]byte("ping")))(t)
	w.serves(2)
	w.reports(1, handoff.DrainReport{Connections: 1, Stays: 1, Busy: 1})
	b := make([]byte, 4)
	testkit.Must(io.ReadFull(server, b))(t)
	if string(b) != "ping" {
		t.Errorf("%q", b)
	}
	testkit.Must(io.WriteString(server, "pong"))(t)
	w.reports(1, handoff.DrainReport{Connections: 1, Stays: 1, Busy: 1, Flowing: 1})
	w.reports(1, handoff.DrainReport{Connections: 1, Stays: 1})
	server.Close()
	w.reports(1, handoff.DrainReport{})
}

// An upload flows until its end. Event streams are busy, and end when nobody waits for them any more.
func TestDrainOfAStream(t *testing.T) {
	w := newWorld(t)
	one := w.serves(1)
	c := w.client()
	testkit.Must(io.WriteString(c, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"))(t)
	w.reports(1, handoff.DrainReport{Connections: 1, Busy: 1, Flowing: 1})
	testkit.Must(io.WriteString(c, "0\r\n\r\n"))(t)
	w.reports(1, handoff.DrainReport{Connections: 1, Busy: 1})
	server := one.accepts()
	testkit.Must(server.Read(make([]byte, 100)))(t)
	testkit.Must(io.WriteString(server, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n"))(t)
	w.serves(2)
	w.reports(1, handoff.DrainReport{Connections: 1, Busy: 1, Flowing: 1, Streams: 1})
	w.proxy.EndStreams(1)
	w.reports(1, handoff.DrainReport{})
	if _, err := io.ReadAll(c); err != nil {
		t.Error(err)
	}
}

// The session of a standby that was replaced leaves the port of its successor alone.
func TestReplacedStandby(t *testing.T) {
	w := newWorld(t)
	first := testkit.Must(w.proxy.Prepare(&handoff.Launch{Gen: 2}))(t)
	w.serves(2)
	testkit.NoError(t, first.(io.Closer).Close())
	if _, err := w.proxy.Dial(t.Context(), 2, w.proxy.at); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := w.proxy.Dial(ctx, 3, w.proxy.at); !errors.Is(err, errNoPort) {
		t.Error(err)
	}
}

// Descriptors and goroutines end with their connections, also with those that are open at the end.
func TestNothingIsLeft(t *testing.T) {
	testkit.NothingLeft(t, 3, func(int) {
		t.Run("", func(t *testing.T) {
			w := newWorld(t)
			w.serves(1).answers()
			for range 5 {
				c := w.client()
				c.asks("/")
				c.gets(1)
			}
			w.serves(2)
		})
	})
}
