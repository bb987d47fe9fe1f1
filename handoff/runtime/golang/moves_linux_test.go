package golang

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// A request arrives in two parts, the first before the drain, cut at each of its bytes. The program sees the request
// once and whole, in whichever process, and the connection moves behind the answer, or before the first byte was read.
func TestRequestMovesWhole(t *testing.T) {
	p := start(t)
	c := p.dial("plain")
	ask(c, "/")
	for cut := range post {
		c.Send(post[:cut])
		if cut > 0 {
			p.works() // a byte that has come counts, whether it was read or not
		}
		p.drains()
		if cut > 0 {
			c.Send(post[cut:])
		}
		p.returns()
		if cut == 0 {
			c.Send(post)
		}
		want := fmt.Sprintf("request %d body \"hello, x\" <nil> by HTTP/1.1\n", cut+2)
		if _, body, ends := c.Answer(); body != want || ends {
			t.Fatalf("cut at %d: %q, ends %v; want %q", cut, body, ends, want)
		}
	}
	if body, _ := ask(c, "/counts"); !strings.HasPrefix(body, fmt.Sprintf("%d contexts %[1]d states", len(post)+1)) {
		t.Errorf("%s, and the connection has moved %d times", body, len(post))
	}
}

// Requests that came together are answered, each once and in order, wherever their connection is by then.
func TestPipelinedRequestsAreAnswered(t *testing.T) {
	p := start(t)
	c := p.dial("plain")
	p.Until("listening")
	for name, text := range map[string]string{
		"pipelined":   get("/") + post + get("/"),
		"unread body": "POST /unread HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello" + get("/"),
		"expected continue": get("/") +
			"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
	} {
		c.Get("/wait")
		ask(p.dial("wrapping"), "/begun")
		p.drains()
		c.Send(text)
		ask(p.dial("wrapping"), "/go")
		answered := make(chan struct{})
		go func() {
			defer close(answered)
			for range 1 + strings.Count(text, " HTTP/1.1") {
				if _, body, ends := c.Answer(); ends || strings.Contains(body, "EOF") {
					t.Errorf("%s: %q, ends %v", name, body, ends)
				}
			}
		}()
		p.returns() // behind the answers, or before what the program had not read yet
		<-answered
	}
}

// A client that sends nothing after its request gets its whole answer, once, and then the end, wherever its connection
// is by then.
func TestHalfClosedClientIsAnswered(t *testing.T) {
	p := start(t)
	for _, text := range []string{get("/wait"), get("/wait") + post} {
		c := p.dial("plain")
		c.Send(text)
		testkit.NoError(t, c.Conn.(*net.TCPConn).CloseWrite())
		ask(p.dial("wrapping"), "/begun")
		p.drains()
		p.works()
		ask(p.dial("wrapping"), "/go")
		for range strings.Count(text, " HTTP/1.1") {
			if _, body, ends := c.Answer(); ends || body != "waited\n" && !strings.Contains(body, `"hello, x" <nil>`) {
				t.Errorf("%q, ends %v", body, ends)
			}
		}
		p.returns()
		c.Ended()
	}
}

// What cannot move is told with the next answer that it ends; nobody loses a request.
func TestOthersEndBehindTheirAnswer(t *testing.T) {
	for _, name := range []string{"wrapping", "tls"} {
		p := start(t)
		c, busy := p.dial(name), p.dial(name)
		ask(c, "/")
		busy.Get("/wait")
		ask(c, "/begun")
		p.drains()
		p.Look("stays == 2", func(s testkit.State) bool { return s.Stays == 2 })
		if body, ends := ask(c, "/go"); !ends {
			t.Errorf("%s: %q, and goes on", name, body)
		}
		if _, body, ends := busy.Answer(); !ends || body != "waited\n" {
			t.Errorf("%s: %q, ends %v", name, body, ends)
		}
		c.Ended()
		busy.Ended()
		p.Look("connections == 0", func(s testkit.State) bool { return s.Connections == 0 })
	}
	p := start(t)
	c := p.dial("single")
	p.drains()
	p.returns()
	if _, ends := ask(c, "/"); !ends {
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
	ask(p.dial("wrapping"), "/begun")
	ask(p.dial("wrapping"), "/go")
	p.drains()
	if body := <-waited; body != "waited\n" {
		t.Error(body)
	}
	p.Look("busy == 0 && connections <= 2", func(s testkit.State) bool { return s.Busy == 0 && s.Connections <= 2 })
	if body := asks("/counts"); strings.HasPrefix(body, "2 ") || !strings.Contains(body, "contexts") {
		t.Errorf("%s, want a new connection", body)
	}
}

// An event stream of EventSource does not end in the midst of an event, and what has another protocol is left alone.
func TestEventStreamsEnd(t *testing.T) {
	p := start(t)
	say := p.dial("plain")
	c := p.dial("plain").Get("/events", "Accept: text/event-stream", "Cache-Control: no-cache")
	testkit.Must(http.ReadResponse(c.Reader, nil))(t)
	raw := p.dial("plain")
	raw.Get("/hijack")
	testkit.Must(http.ReadResponse(raw.Reader, nil))(t)
	ask(say, "/event?text=data:%20half%0A")
	testkit.Must(c.ReadString('\n'))(t) // the chunk's size
	testkit.Must(c.ReadString('\n'))(t)
	p.Say(`{"type":"drain","websocket":{"code":1012,"reason":""}}`)
	p.Look("streams == 1", func(s testkit.State) bool { return s.Streams == 1 })
	say2 := p.dial("plain")
	ask(say2, "/event?text=%0A")
	if b := testkit.Must(io.ReadAll(c.Reader))(t); !strings.HasSuffix(string(b), "1\r\n\n\r\n0\r\n\r\n") {
		t.Errorf("the stream goes on by %q", b)
	}
	p.Look("busy == 0", func(s testkit.State) bool { return s.Busy == 0 })
	raw.Send("hello\n")
	if s := testkit.Must(raw.ReadString('\n'))(t); s != "raw hello\n" {
		t.Error(s)
	}
}

// A connection goes only to a server of the same address that wraps nothing, which treats it as one that rests.
func TestWhoTakesAConnection(t *testing.T) {
	p := start(t)
	for _, name := range []string{"plain", "keeping", "unix", "wrapping", "tls", "hasty"} {
		ask(p.dial(name), "/")
	}
	l := testkit.Must(net.Listen("tcp", "127.0.0.1:0"))(t)
	defer l.Close()
	offered := func(at string) (c *testkit.Conn, why string) {
		conn := testkit.Dial(t, l.Addr().String())
		theirs := testkit.ConnOf(t, testkit.Must(l.Accept())(t))
		why = p.Offer(theirs, at, "")
		theirs.Close()
		return testkit.ConnOf(t, conn), why
	}
	for _, name := range []string{"wrapping", "tls", "nowhere"} {
		if c, why := offered(p.at[name]); why != "nobody listens there" {
			t.Errorf("%s: %q", name, why)
		} else {
			c.Ended()
		}
	}
	c, why := offered(p.at["hasty"])
	p.dial("hasty").Ended() // whoever is new has to ask soon
	if body, ends := ask(c, "/"); why != "" || ends || !strings.HasPrefix(body, "request") {
		t.Errorf("%s, %q", why, body)
	}
	c, _ = offered(p.at["hasty"])
	c.Send("G") // from now on the head is due
	testkit.Must(io.ReadAll(c.Reader))(t)
	for _, name := range []string{"keeping", "unix"} {
		c, why := offered(p.at[name])
		if body, ends := ask(c, "/"); why != "" || ends || !strings.HasPrefix(body, "request") {
			t.Errorf("%s: %s, %q", name, why, body)
		}
	}
}

// A build without hotswap has nothing of the adapter, and one with it runs no goroutine of it without the variable.
func TestInertWithoutTheVariable(t *testing.T) {
	path := testkit.Must(built())(t)
	bare := filepath.Join(t.TempDir(), "bare")
	cmd := exec.Command("go", "build", "-o", bare, ".")
	cmd.Dir = "testdata/program"
	testkit.NoError(t, run((*exec.Cmd).Run, cmd))
	goroutines := func(path string) string {
		body, _ := ask(launch(t, path).dial("plain"), "/counts")
		return body
	}
	if with, without := goroutines(path), goroutines(bare); with != without {
		t.Errorf("with the adapter %s, without %s", with, without)
	}
	if b := testkit.Must(os.ReadFile(bare))(t); strings.Contains(string(b), "hotswap") {
		t.Error("a build without hotswap has something of it")
	}
}
