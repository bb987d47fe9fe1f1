package golang

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// A request arrives in two parts, the first before the drain, cut at each of its bytes. The program sees the request once and whole, in
// whichever process, and the connection moves behind the answer, or before the first byte was read.
func TestRequestMovesWhole(t *testing.T) {
	p := start(t)
	c := p.dial("plain")
	c.asks(get("/"))
	for cut := range post {
		c.writes(post[:cut])
		if cut > 0 {
			p.works() // a byte that has come counts, whether it was read or not
		}
		p.drains()
		if cut > 0 {
			c.writes(post[cut:])
		}
		p.returns(p.gets())
		if cut == 0 {
			c.writes(post)
		}
		want := fmt.Sprintf("request %d body \"hello, x\" <nil> by HTTP/1.1\n", cut+2)
		if body, ends := c.reads(); body != want || ends {
			t.Fatalf("cut at %d: %q, ends %v; want %q", cut, body, ends, want)
		}
	}
	if body, _ := c.asks(get("/counts")); !strings.HasPrefix(body, fmt.Sprintf("%d contexts %[1]d states", len(post)+1)) {
		t.Errorf("%s, and the connection has moved %d times", body, len(post))
	}
}

// Requests that came together are answered, each once and in order, wherever their connection is by then.
func TestPipelinedRequestsAreAnswered(t *testing.T) {
	p := start(t)
	c := p.dial("plain")
	p.until(func(l line) bool { return l.At == p.at["plain"] })
	for name, text := range map[string]string{
		"pipelined":         get("/") + post + get("/"),
		"unread body":       "POST /unread HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello" + get("/"),
		"expected continue": get("/") + "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
	} {
		c.writes(get("/wait"))
		p.dial("wrapping").asks(get("/begun"))
		p.drains()
		c.writes(text)
		p.dial("wrapping").asks(get("/go"))
		answered := make(chan struct{})
		go func() {
			defer close(answered)
			for range 1 + strings.Count(text, " HTTP/1.1") {
				if body, ends := c.reads(); ends || strings.Contains(body, "EOF") {
					t.Errorf("%s: %q, ends %v", name, body, ends)
				}
			}
		}()
		p.returns(p.gets()) // behind the answers, or before what the program had not read yet
		<-answered
	}
}

// A client that sends nothing after its request gets its whole answer, once, and then the end, wherever its connection is by then.
func TestHalfClosedClientIsAnswered(t *testing.T) {
	p := start(t)
	for _, text := range []string{get("/wait"), get("/wait") + post} {
		c := p.dial("plain")
		c.writes(text)
		testkit.NoError(t, c.Conn.(*net.TCPConn).CloseWrite())
		p.dial("wrapping").asks(get("/begun"))
		p.drains()
		p.works()
		p.dial("wrapping").asks(get("/go"))
		for range strings.Count(text, " HTTP/1.1") {
			if body, ends := c.reads(); ends || body != "waited\n" && !strings.Contains(body, `"hello, x" <nil>`) {
				t.Errorf("%q, ends %v", body, ends)
			}
		}
		p.returns(p.gets())
		c.ends()
	}
}

// What cannot move is told with the next answer that it ends; nobody loses a request.
func TestOthersEndBehindTheirAnswer(t *testing.T) {
	for _, name := range []string{"wrapping", "tls"} {
		p := start(t)
		c, busy := p.dial(name), p.dial(name)
		c.asks(get("/"))
		busy.writes(get("/wait"))
		c.asks(get("/begun"))
		p.drains()
		p.until(func(l line) bool { return l.Type == "state" && l.Stays == 2 })
		if body, ends := c.asks(get("/go")); !ends {
			t.Errorf("%s: %q, and goes on", name, body)
		}
		if body, ends := busy.reads(); !ends || body != "waited\n" {
			t.Errorf("%s: %q, ends %v", name, body, ends)
		}
		c.ends()
		busy.ends()
		p.until(func(l line) bool { return l.Type == "state" && l.Connections == 0 })
	}
	p := start(t)
	c := p.dial("single")
	p.drains()
	p.returns(p.gets())
	if _, ends := c.asks(get("/")); !ends {
		t.Error("a server that keeps no connections has kept one")
	}
}

// HTTP/2 is told to go away; what is under way is answered first.
func TestHTTP2GoesAway(t *testing.T) {
	p := start(t)
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: p.cert}, ForceAttemptHTTP2: true}
	defer tr.CloseIdleConnections()
	asks := func(path string) string {
		res, err := (&http.Client{Transport: tr}).Get("https://" + p.at["tls"] + path)
		if err != nil {
			return err.Error()
		}
		defer res.Body.Close()
		b, _ := io.ReadAll(res.Body)
		return string(b)
	}
	if body := asks("/"); body != "request 1 body \"\" <nil> by HTTP/2.0\n" {
		t.Fatal(body)
	}
	waited := make(chan string)
	go func() { waited <- asks("/wait") }()
	p.dial("wrapping").asks(get("/begun"))
	p.dial("wrapping").asks(get("/go"))
	p.drains()
	if body := <-waited; body != "waited\n" {
		t.Error(body)
	}
	p.until(func(l line) bool { return l.Type == "state" && l.Busy == 0 && l.Connections <= 2 })
	if body := asks("/counts"); strings.HasPrefix(body, "2 ") || !strings.Contains(body, "contexts") {
		t.Errorf("%s, want a new connection", body)
	}
}

// An event stream of EventSource ends between two events, another client's goes on, and what has another protocol is left alone.
func TestEventStreamsEnd(t *testing.T) {
	p := start(t)
	events := func(more string) client {
		c := p.dial("plain")
		c.writes("GET /events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n" + more + "\r\n")
		testkit.Must(http.ReadResponse(c.Reader, nil))(t)
		return c
	}
	say := p.dial("plain")
	c := events("Cache-Control: no-cache\r\n")
	raw := p.dial("plain")
	raw.writes(get("/hijack"))
	testkit.Must(http.ReadResponse(raw.Reader, nil))(t)
	say.asks(get("/event?text=data:%20half%0A"))
	testkit.Must(c.ReadString('\n'))(t) // the chunk's size
	testkit.Must(c.ReadString('\n'))(t)
	p.says(`{"type":"drain","websocket":{"code":1012,"reason":""}}`)
	p.until(func(l line) bool { return l.Type == "state" && l.Streams == 1 })
	say2 := p.dial("plain")
	say2.asks(get("/event?text=%0A"))
	if b := testkit.Must(io.ReadAll(c.Reader))(t); !strings.HasSuffix(string(b), "1\r\n\n\r\n0\r\n\r\n") {
		t.Errorf("the stream goes on by %q", b)
	}
	p.until(func(l line) bool { return l.Type == "state" && l.Busy == 0 })
	raw.writes("hello\n")
	if s := testkit.Must(raw.ReadString('\n'))(t); s != "raw hello\n" {
		t.Error(s)
	}
	other := events("")
	p.until(func(l line) bool { return l.Type == "state" && l.Busy == 1 && l.Streams == 0 })
	p.dial("plain").asks(get("/event?text=data:%20on%0A%0A"))
	for s := ""; s != "data: on\n"; {
		s = testkit.Must(other.ReadString('\n'))(t)
	}
}

// A connection goes only to a server of the same address that wraps nothing, which treats it as one that rests.
func TestWhoTakesAConnection(t *testing.T) {
	p := start(t)
	for _, name := range []string{"plain", "keeping", "unix", "wrapping", "tls", "hasty"} {
		p.dial(name).asks(get("/"))
	}
	l := testkit.Must(net.Listen("tcp", "127.0.0.1:0"))(t)
	defer l.Close()
	offered := func(at, more string) (c client, why string) {
		conn := testkit.Must(net.Dial("tcp", l.Addr().String()))(t)
		t.Cleanup(func() { _ = conn.Close() })
		theirs := testkit.Must(l.Accept())(t)
		file := testkit.Must(theirs.(*net.TCPConn).File())(t)
		fd := testkit.Must(syscall.Dup(int(file.Fd())))(t)
		testkit.NoError(t, errors.Join(file.Close(), theirs.Close()), syscall.SetNonblock(fd, true))
		return client{bufio.NewReader(conn), conn, t}, p.gives(7, fd, at, more).Error
	}
	for _, name := range []string{"wrapping", "tls", "nowhere"} {
		if c, why := offered(p.at[name], ""); why != "nobody listens there" {
			t.Errorf("%s: %q", name, why)
		} else {
			c.ends()
		}
	}
	c, why := offered(p.at["hasty"], "")
	p.dial("hasty").ends() // whoever is new has to ask soon
	if body, ends := c.asks(get("/")); why != "" || ends || !strings.HasPrefix(body, "request") {
		t.Errorf("%s, %q", why, body)
	}
	c, _ = offered(p.at["hasty"], "")
	c.writes("G") // from now on the head is due
	testkit.Must(io.ReadAll(c.Reader))(t)
	for _, name := range []string{"keeping", "unix"} {
		c, why := offered(p.at[name], "")
		if body, ends := c.asks(get("/")); why != "" || ends || !strings.HasPrefix(body, "request") {
			t.Errorf("%s: %s, %q", name, why, body)
		}
	}
	c, _ = offered(p.at["plain"], "")
	testkit.NoError(t, c.Conn.Close())
	p.until(func(l line) bool { return l.Type == "closed" && l.ID == 7 })
	p.drains()
	c, _ = offered(p.at["plain"], `,"stays":true`)
	if _, ends := c.asks(get("/")); !ends {
		t.Error("a connection that has come back goes on")
	}
}

// No more than 64 connections are on their way at once.
func TestManyConnectionsMove(t *testing.T) {
	const n, most = 200, 64
	p := start(t)
	for range n {
		p.dial("plain").asks(get("/"))
	}
	p.drains()
	moves := 0
	until := func(done func(line) bool) {
		p.until(func(l line) bool {
			moves += map[bool]int{true: 1}[l.Type == "move"]
			return done(l)
		})
	}
	until(func(line) bool { return moves == most })
	p.says(`{"type":"look","seq":1}`)
	until(func(l line) bool { return l.Seq == 1 })
	if moves != most {
		t.Errorf("%d connections are on their way", moves)
	}
	for range most {
		p.says(`{"type":"got"}`)
	}
	until(func(l line) bool {
		if l.Type == "move" {
			p.says(`{"type":"got"}`)
		}
		return moves == n
	})
}

// Where hotswap cannot get the descriptor, or has gone, the program goes on.
func TestConnectionsStayWithoutHotswap(t *testing.T) {
	p := start(t)
	c := p.dial("plain")
	c.asks(get("/"))
	p.drains()
	p.hears("move")
	c.writes(get("/"))
	p.says(`{"type":"got","lost":true}`)
	if body, ends := c.reads(); !ends || !strings.HasPrefix(body, "request 2 ") {
		t.Errorf("%q, ends %v", body, ends)
	}
	testkit.NoError(t, p.link.Close())
	for _, path := range []string{"/", "/counts"} {
		d := p.dial("plain")
		if _, ends := d.asks(get(path)); ends {
			t.Error("a program without hotswap ends connections")
		}
	}
}

// A build without hotswap has nothing of the adapter, and one with it runs no goroutine of it without the variable.
func TestInertWithoutTheVariable(t *testing.T) {
	path := testkit.Must(built())(t)
	bare := filepath.Join(t.TempDir(), "bare")
	cmd := exec.Command("go", "build", "-o", bare, ".")
	cmd.Dir = "testdata/program"
	testkit.NoError(t, run(cmd))
	goroutines := func(path string) string {
		body, _ := launch(t, path, t.TempDir()).dial("plain").asks(get("/counts"))
		return body
	}
	if with, without := goroutines(path), goroutines(bare); with != without {
		t.Errorf("with the adapter %s, without %s", with, without)
	}
	if b := testkit.Must(os.ReadFile(bare))(t); strings.Contains(string(b), "hotswap") {
		t.Error("a build without hotswap has something of it")
	}
}
