//go:build unix

package testkit

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Wire is a socket at which adapters find the test in hotswap's place.
type Wire struct {
	*net.UnixListener
	Path string
	t    *testing.T
}

// OpenWire opens a socket of that name.
func OpenWire(t *testing.T, name string) *Wire {
	t.Helper()
	path := filepath.Join(ShortDir(t), name)
	w := &Wire{Must(net.ListenUnix("unix", &net.UnixAddr{Name: path}))(t), path, t}
	t.Cleanup(func() { _ = w.Close() })
	_ = w.SetDeadline(time.Now().Add(Patience))
	return w
}

// Joined returns the next adapter, which has said hello.
func (w *Wire) Joined() *Adapter {
	w.t.Helper()
	a := &Adapter{Link: LinkOf(w.t, Must(w.AcceptUnix())(w.t))}
	if hello := a.Next(); hello.Type != "hello" || hello.Version != 1 || hello.PID == 0 {
		w.t.Fatalf("%+v", hello)
	}
	return a
}

// Adapter is a process's end of a link.
type Adapter struct {
	*Link
	Keeps bool // hotswap does not say that it has got a descriptor

	seq   int
	moved []*Conn // of moves that Look has met
}

// Message is what an adapter says.
type Message struct {
	Type, At, Error        string
	Version, PID, Port, ID int
	State
	FD int `json:"-"` // of a move
}

// State is how a process's connections are.
type State struct{ Seq, Connections, Busy, Streams, Flowing, Stays int }

// Next returns the next message. A descriptor that comes is hotswap's.
func (a *Adapter) Next() (m Message) {
	a.t.Helper()
	if !a.HearInto(&m) {
		a.t.Fatal("the adapter has gone")
	}
	if m.Type == "move" {
		m.FD = a.FD()
		if m.FD < 0 {
			a.t.Fatal("a move without a descriptor")
		}
		if !a.Keeps {
			a.Say(`{"type":"got"}`)
		}
	}
	return m
}

// Until returns the next message of a type.
func (a *Adapter) Until(kind string) Message {
	a.t.Helper()
	for {
		switch m := a.Next(); {
		case m.Type == kind:
			return m
		case m.Type == "move":
			a.moved = append(a.moved, a.receive(m))
		}
	}
}

// Moved returns the next connection that is handed over.
func (a *Adapter) Moved() *Conn {
	a.t.Helper()
	if len(a.moved) == 0 {
		a.moved = append(a.moved, a.receive(a.Until("move")))
	}
	c := a.moved[0]
	a.moved = a.moved[1:]
	return c
}

func (a *Adapter) receive(m Message) *Conn {
	f := os.NewFile(uintptr(m.FD), m.At)
	defer f.Close()
	c := ConnOf(a.t, Must(net.FileConn(f))(a.t))
	c.At = m.At
	return c
}

// Look asks for the state until it is as wanted.
func (a *Adapter) Look(what string, is func(State) bool) {
	a.t.Helper()
	for end := time.Now().Add(Patience); ; {
		a.seq++
		a.Say(fmt.Sprintf(`{"type":"look","seq":%d}`, a.seq))
		m := a.Until("state")
		for m.Seq != a.seq {
			m = a.Until("state")
		}
		if is(m.State) {
			return
		}
		if time.Now().After(end) {
			a.t.Fatalf("%s: %+v", what, m.State)
		}
	}
}

// Busy waits until so many connections are open, and so many busy.
func (a *Adapter) Busy(connections, busy int) {
	a.t.Helper()
	a.Look(fmt.Sprintf("%d connections, %d busy", connections, busy), func(s State) bool {
		return s.Connections == connections && s.Busy == busy
	})
}

// NothingMoves demands that what the adapter sees now leads to no move.
func (a *Adapter) NothingMoves() {
	a.t.Helper()
	a.Look("", func(State) bool { return true })
	if len(a.moved) > 0 {
		a.t.Fatal("a connection is handed over")
	}
}

// Offer offers a connection to the process, and returns why the process does not take it. The test's descriptor stays
// open.
func (a *Adapter) Offer(c *Conn, at, more string) (why string) {
	a.t.Helper()
	f := Must(c.Conn.(interface{ File() (*os.File, error) }).File())(a.t)
	defer f.Close()
	a.seq++
	until := time.Now().Add(Patience).UnixMilli()
	a.SayWith(int(f.Fd()), fmt.Sprintf(`{"type":"conn","id":%d,"at":%q,"untilMs":%d%s}`, a.seq, at, until, more))
	m := a.Until("taken")
	if m.ID != a.seq {
		a.t.Fatalf("%+v", m)
	}
	return m.Error
}

// Conn is an end of a connection of HTTP.
type Conn struct {
	net.Conn
	*bufio.Reader
	At string // where its server listens; "": it has not been handed over
	t  *testing.T
}

// ConnOf returns the end of a connection that ends with the test, or after Patience.
func ConnOf(t *testing.T, conn net.Conn) *Conn {
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(Patience))
	return &Conn{Conn: conn, Reader: bufio.NewReader(conn), t: t}
}

func (c *Conn) Read(b []byte) (int, error) { return c.Reader.Read(b) }

// Send writes texts.
func (c *Conn) Send(texts ...string) *Conn {
	c.t.Helper()
	Must(io.WriteString(c.Conn, strings.Join(texts, "")))(c.t)
	return c
}

// Get writes a request without a body.
func (c *Conn) Get(path string, headers ...string) *Conn {
	c.t.Helper()
	return c.Send("GET ", path, " HTTP/1.1\r\nHost: a\r\n", strings.Join(append(headers, "\r\n"), "\r\n"))
}

// Answer returns the next answer, and whether it says that the connection ends.
func (c *Conn) Answer() (status int, body string, ends bool) {
	c.t.Helper()
	r := Must(http.ReadResponse(c.Reader, nil))(c.t)
	return r.StatusCode, string(Must(io.ReadAll(r.Body))(c.t)), r.Close
}

// Hears demands an answer, and reports whether it says that the connection ends.
func (c *Conn) Hears(status int, text string) (ends bool) {
	c.t.Helper()
	got, body, ends := c.Answer()
	if got != status || body != text {
		c.t.Fatalf("%d %.200q, want %d %q", got, body, status, text)
	}
	return ends
}

// Ended demands that the other end has closed the connection in order.
func (c *Conn) Ended() {
	c.t.Helper()
	if b, err := c.ReadByte(); err == nil || !strings.HasSuffix(err.Error(), "EOF") {
		c.t.Fatalf("%q, %v", b, err)
	}
}

// Asked reads a request as the server would, and answers it.
func (c *Conn) Asked(target string) {
	c.t.Helper()
	r := Must(http.ReadRequest(c.Reader))(c.t)
	if r.URL.Path != target {
		c.t.Fatalf("asked for %s, want %s", r.URL, target)
	}
	c.Send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhere")
}

// Name returns the connection's port; "unix": it has none.
func (c *Conn) Name() string {
	if a, ok := c.LocalAddr().(*net.TCPAddr); ok {
		return fmt.Sprint(a.Port)
	}
	return "unix"
}
