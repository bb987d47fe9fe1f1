package python_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

const patience = 20 * time.Second

// served is an ASGI server of which the test plays hotswap.
type served struct {
	t        *testing.T
	listener *net.UnixListener
	*adapter                  // of its first process
	at       string           // where it listens
	process  *testkit.Process // the command
}

// adapter is a process's end of the socket.
type adapter struct {
	*testkit.Link
	t     *testing.T
	seq   int
	moved []*client // of moves that state has met
	keeps bool      // hotswap does not say that it has got a descriptor
}

// line is any message of an adapter.
type line struct {
	Type  string
	PID   int
	Files *bool
	Done  bool
	Port  int
	At    string
	ID    int
	Error string
	state
	fd int // of a move
}

type state struct{ Seq, Connections, Busy, Streams, Flowing, Stays int }

// serve starts a command in a folder with the application testdata/served.py.
func serve(t *testing.T, command ...string) *served {
	t.Helper()
	if _, err := exec.LookPath(command[0]); err != nil {
		t.Skip(err) // .ci/install installs it
	}
	dir := testkit.ShortDir(t)
	s := &served{t: t, listener: testkit.Must(net.ListenUnix("unix", &net.UnixAddr{Name: dir + "/node"}))(t)}
	t.Cleanup(func() { _ = s.listener.Close() })
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = testkit.Must(filepath.Abs("testdata"))(t)
	cmd.Env = append(os.Environ(), "HOTSWAP_WIRE="+dir+"/node", "HOTSWAP_PYTHON="+dir, "PYTHONPATH="+testkit.Must(filepath.Abs("site"))(t), "PYTHONDONTWRITEBYTECODE=1")
	s.process = testkit.Start(t, cmd)
	s.adapter = s.joined()
	if hello := s.next(); hello.Type != "hello" || hello.Files == nil || hello.PID == 0 {
		t.Fatalf("%+v", hello)
	}
	l := s.next()
	if l.Type != "listening" || (l.Port > 0) != strings.Contains(l.At, ":") {
		t.Fatalf("%+v", l)
	}
	s.at = l.At
	return s
}

// joined returns the next process's adapter.
func (s *served) joined() *adapter {
	s.t.Helper()
	_ = s.listener.SetDeadline(time.Now().Add(patience))
	return &adapter{Link: testkit.LinkOf(s.t, testkit.Must(s.listener.AcceptUnix())(s.t)), t: s.t}
}

// next returns the next message.
func (a *adapter) next() (l line) {
	a.t.Helper()
	if !a.HearInto(&l) {
		a.t.Fatal("the adapter has gone")
	}
	if l.Type == "move" {
		l.fd = a.FD()
		if l.fd < 0 {
			a.t.Fatal("a move without a descriptor")
		}
		if !a.keeps {
			a.order("got")
		}
	}
	return l
}

// order sends an order. The fields are pairs.
func (a *adapter) order(kind string, fields ...any) { a.t.Helper(); a.orderWith(-1, kind, fields...) }

func (a *adapter) orderWith(fd int, kind string, fields ...any) {
	a.t.Helper()
	o := map[string]any{"type": kind}
	for i := 0; i < len(fields); i += 2 {
		o[fields[i].(string)] = fields[i+1]
	}
	text := string(testkit.Must(json.Marshal(o))(a.t))
	if fd < 0 {
		a.Say(text)
	} else {
		a.SayWith(fd, text)
	}
}

// move returns the next connection that is handed over.
func (a *adapter) move() *client {
	a.t.Helper()
	for len(a.moved) == 0 {
		if l := a.next(); l.Type == "move" {
			a.moved = append(a.moved, a.receive(l))
		} else if l.Type != "state" {
			a.t.Fatalf("%+v", l)
		}
	}
	c := a.moved[0]
	a.moved = a.moved[1:]
	return c
}

func (a *adapter) receive(l line) *client {
	f := os.NewFile(uintptr(l.fd), l.At)
	defer f.Close()
	conn := testkit.Must(net.FileConn(f))(a.t)
	a.t.Cleanup(func() { _ = conn.Close() })
	return attach(a.t, conn)
}

// look asks for the state until it is as wanted.
func (a *adapter) look(what string, is func(state) bool) {
	a.t.Helper()
	for end := time.Now().Add(patience); ; {
		a.seq++
		a.order("look", "seq", a.seq)
		l := a.next()
		for ; l.Type != "state" || l.Seq != a.seq; l = a.next() {
			if l.Type == "move" {
				a.moved = append(a.moved, a.receive(l))
			}
		}
		if is(l.state) {
			return
		}
		if time.Now().After(end) {
			a.t.Fatalf("%s: %+v", what, l.state)
		}
	}
}

// busy waits until so many connections are open, and so many busy.
func (a *adapter) busy(connections, busy int) {
	a.t.Helper()
	a.look(fmt.Sprintf("%d connections, %d busy", connections, busy), func(s state) bool { return s.Connections == connections && s.Busy == busy })
}

// nothingMoves demands that what the adapter sees now leads to no move.
func (a *adapter) nothingMoves() {
	a.t.Helper()
	a.look("", func(state) bool { return true })
	if len(a.moved) > 0 {
		a.t.Fatal("a connection is handed over")
	}
}

// taken offers a connection to the process, and returns what the process answers.
func (a *adapter) taken(c *client, at string, until time.Time, stays bool) string {
	a.t.Helper()
	f := testkit.Must(c.Conn.(interface{ File() (*os.File, error) }).File())(a.t)
	defer f.Close()
	a.seq++
	a.orderWith(int(f.Fd()), "conn", "id", a.seq, "at", at, "untilMs", until.UnixMilli(), "stays", stays)
	l := a.next()
	for ; l.Type == "state"; l = a.next() {
	}
	if l.Type != "taken" || l.ID != a.seq {
		a.t.Fatalf("%+v", l)
	}
	return l.Error
}

// client is one end of a connection.
type client struct {
	net.Conn
	t *testing.T
	r *bufio.Reader
}

func attach(t *testing.T, conn net.Conn) *client {
	_ = conn.SetDeadline(time.Now().Add(patience))
	return &client{conn, t, bufio.NewReader(conn)}
}

func (s *served) client() *client {
	s.t.Helper()
	network := "tcp"
	if !strings.Contains(s.at, ":") {
		network = "unix"
	}
	conn := testkit.Must(net.Dial(network, s.at))(s.t)
	s.t.Cleanup(func() { _ = conn.Close() })
	return attach(s.t, conn)
}

func (c *client) send(text ...string) *client {
	c.t.Helper()
	testkit.Must(c.Write([]byte(strings.Join(text, ""))))(c.t)
	return c
}

// hears demands an answer, and reports whether it says that the connection ends.
func (c *client) hears(status int, text string) (ends bool) {
	c.t.Helper()
	r := testkit.Must(http.ReadResponse(c.r, nil))(c.t)
	var body bytes.Buffer
	_, err := body.ReadFrom(r.Body)
	testkit.NoError(c.t, err)
	if r.StatusCode != status || body.String() != text {
		c.t.Fatalf("%d %.200q, want %d %q", r.StatusCode, body.String(), status, text)
	}
	return r.Close
}

// ended demands that the server has closed the connection in order.
func (c *client) ended() {
	c.t.Helper()
	if b, err := c.r.ReadByte(); err == nil || !strings.HasSuffix(err.Error(), "EOF") {
		c.t.Fatalf("%q, %v", b, err)
	}
}

// asked reads a request as the successor's process would, and answers it.
func (c *client) asked(target string) {
	c.t.Helper()
	r := testkit.Must(http.ReadRequest(c.r))(c.t)
	if r.URL.Path != target {
		c.t.Fatalf("asked for %s, want %s", r.URL, target)
	}
	c.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhere")
}

func get(path string, headers ...string) string {
	return "GET " + path + " HTTP/1.1\r\nHost: a\r\n" + strings.Join(append(headers, "\r\n"), "\r\n")
}

func (c *client) name() string {
	if a, ok := c.LocalAddr().(*net.TCPAddr); ok {
		return fmt.Sprint(a.Port)
	}
	return "unix"
}
