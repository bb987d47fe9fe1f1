package python_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// each runs a test with each of uvicorn's protocols and event loops.
func each(t *testing.T, test func(t *testing.T, s *served), options ...string) {
	for protocol, loop := range map[string]string{"h11": "asyncio", "httptools": "uvloop"} {
		t.Run(protocol+" "+loop, func(t *testing.T) {
			t.Parallel()
			test(t, serve(t, append([]string{"/usr/bin/uvicorn", "served:app", "--log-level=warning", "--port=0", "--timeout-keep-alive=60", "--http=" + protocol, "--loop=" + loop}, options...)...))
		})
	}
}

// An idle connection is handed over at once, one that is new in the drain, too, and a busy one behind its answer.
func TestConnectionsMove(t *testing.T) {
	each(t, func(t *testing.T, s *served) {
		idle, busy := s.client(), s.client()
		idle.send(get("/")).hears(200, "GET / 0 of "+idle.name())
		busy.send(get("/hold"))
		s.busy(2, 1)
		s.order("drain", "moves", true)
		moved := s.move()
		idle.send(get("/next"))
		moved.asked("/next")
		idle.hears(200, "here")
		s.busy(1, 1)
		fresh := s.client()
		moved = s.move()
		fresh.send(get("/fresh"))
		moved.asked("/fresh")
		fresh.hears(200, "here")

		s.order("resume")
		s.busy(1, 1)
		opener := s.client()
		opener.send(get("/open")).hears(200, "GET /open 0 of "+opener.name())
		if busy.hears(200, "GET /hold 0 of "+busy.name()) || busy.send(get("/")).hears(200, "GET / 0 of "+busy.name()) {
			t.Error("the connection is to end")
		}
		s.nothingMoves()

		s.order("drain", "moves", true)
		s.move()
		s.move()
		s.busy(0, 0)
	})
}

// An answer that the client has not read is sent from here to its end.
func TestLargeAnswer(t *testing.T) {
	each(t, func(t *testing.T, s *served) {
		c := s.client().send(get("/large"))
		s.look("it is sent", func(st state) bool { return st.Busy == 1 && st.Flowing == 1 })
		s.order("drain", "moves", true)
		s.nothingMoves()
		c.hears(200, strings.Repeat("x", 1<<24))
		moved := s.move()
		c.send(get("/next"))
		moved.asked("/next")
	})
}

// Without "moves" the next answer ends the connection, but not while a part of a request has come or is to come.
func TestAnswersEndTheConnection(t *testing.T) {
	each(t, func(t *testing.T, s *served) {
		idle, waits, half, early := s.client(), s.client().send(get("/hold?a")), s.client().send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab"), s.client()
		idle.send(get("/")).hears(200, "GET / 0 of "+idle.name())
		s.busy(4, 2)
		s.order("drain")
		if early.send("POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab").hears(401, "early") {
			t.Error("the connection is to end amid a request")
		}
		early.send("cd", get("/"))
		half.send("cd")
		idle.send(get("/open?a"))
		for c, text := range map[*client]string{idle: "GET /open 0 of ", waits: "GET /hold 0 of ", half: "POST / 4 of ", early: "GET / 0 of "} {
			if !c.hears(200, text+c.name()) {
				t.Error(text + ": the answer does not say that the connection ends")
			}
			c.ended()
		}
		s.busy(0, 0)
	})
}

// A WebSocket delays a drain only while the order ends it, and makes nothing else an event stream.
func TestWebSocketsStay(t *testing.T) {
	each(t, func(t *testing.T, s *served) {
		c := s.client().send(get("/", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="))
		for line, err := c.r.ReadString('\n'); line != "\r\n"; line, err = c.r.ReadString('\n') {
			testkit.NoError(t, err)
		}
		held := s.client().send(get("/hold"))
		s.look("a request beside it is no event stream", func(st state) bool { return st == state{Seq: st.Seq, Connections: 2, Busy: 1} })
		_ = held.Close()
		s.order("drain", "moves", true)
		s.busy(1, 0)
		s.nothingMoves()
		s.order("drain", "moves", true, "websocket", map[string]any{"code": 1012, "reason": "r"})
		s.busy(1, 1)
		frame := make([]byte, 5)
		testkit.Must(c.r.Read(frame))(t)
		if want := "\x88\x03\x03\xf4r"; string(frame) != want {
			t.Errorf("%q, want %q", frame, want)
		}
		_ = c.Close()
		s.busy(0, 0)
	})
}

// An event stream of EventSource ends between two events, and its connection moves; another one goes on.
func TestStreams(t *testing.T) {
	each(t, func(t *testing.T, s *served) {
		eventSource, other := s.client().send(get("/stream?a", "Accept: text/event-stream", "Cache-Control: no-cache")), s.client().send(get("/stream?b", "Accept: text/event-stream"))
		for _, c := range []*client{eventSource, other} {
			for line := ""; line != "data: 1\n"; {
				line = testkit.Must(c.r.ReadString('\n'))(t)
			}
		}
		s.look("both flow", func(st state) bool {
			return st == state{Seq: st.Seq, Connections: 2, Busy: 2, Streams: 1, Flowing: 2}
		})
		s.order("drain", "moves", true, "websocket", map[string]any{"code": 1012, "reason": "r"})
		moved := s.move()
		eventSource.send(get("/next"))
		moved.asked("/next")
		s.look("one flows", func(st state) bool { return st == state{Seq: st.Seq, Connections: 1, Busy: 1, Flowing: 1} })
	})
}

func TestTLSStays(t *testing.T) {
	key := testkit.Must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	cert := testkit.Must(x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key))(t)
	file := filepath.Join(t.TempDir(), "pem")
	testkit.Write(t, file, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}))+
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: testkit.Must(x509.MarshalPKCS8PrivateKey(key))(t)})))
	each(t, func(t *testing.T, s *served) {
		c := s.client()
		shaking := s.client()
		s.look("TLS is negotiated", func(st state) bool { return st.Connections == 2 && st.Busy == 2 })
		_ = shaking.Close()
		c = attach(t, tls.Client(c.Conn, &tls.Config{InsecureSkipVerify: true}))
		c.send(get("/")).hears(200, "GET / 0 of "+c.name())
		s.order("drain", "moves", true)
		s.nothingMoves()
		s.look("it stays", func(st state) bool { return st.Connections == 1 && st.Stays == 1 })
		if !c.send(get("/")).hears(200, "GET / 0 of "+c.name()) {
			t.Error("the answer does not say that the connection ends")
		}
		c.ended()
	}, "--ssl-keyfile="+file, "--ssl-certfile="+file)
}

func TestConnectionsOfAUnixSocketMove(t *testing.T) {
	path := filepath.Join(testkit.Must(filepath.EvalSymlinks(t.TempDir()))(t), "s")
	s := serve(t, "/usr/bin/uvicorn", "--log-level=warning", "--uds="+path, "served:app")
	if s.at != path {
		t.Fatalf("at %q, want %q", s.at, path)
	}
	c := s.client()
	c.send(get("/")).hears(200, "GET / 0 of unix")
	s.order("drain", "moves", true)
	moved := s.move()
	s.order("resume")
	if why := s.taken(moved, s.at, time.Now().Add(patience), false); why != "" {
		t.Fatal(why)
	}
	_ = moved.Close()
	c.send(get("/")).hears(200, "GET / 0 of unix")
}

// Each worker has a connection to hotswap, and takes those of the other.
func TestGunicorn(t *testing.T) {
	s := serve(t, "/usr/bin/gunicorn", "-w2", "-kuvicorn.workers.UvicornWorker", "-b127.0.0.1:0", "--log-level=error", "served:app")
	other := s.joined()
	if hello, l := other.next(), other.next(); hello.PID == 0 || l.At != s.at {
		t.Fatalf("%+v, %+v", hello, l)
	}
	c := s.client()
	c.send(get("/")).hears(200, "GET / 0 of "+c.name())
	from, to := s.adapter, other
	from.look("whose it is", func(st state) bool {
		if st.Connections == 0 {
			from, to = other, s.adapter
		}
		return true
	})
	from.order("drain", "moves", true)
	moved := from.move()
	if why := to.taken(moved, s.at, time.Now().Add(patience), false); why != "" {
		t.Fatal(why)
	}
	_ = moved.Close()
	c.send(get("/")).hears(200, "GET / 0 of "+c.name())
	to.busy(1, 0)
	from.busy(0, 0)
}

// While hotswap does not read, what cannot be handed over is answered here. Nothing is lost, and nobody waits.
func TestHotswapDoesNotRead(t *testing.T) {
	each(t, func(t *testing.T, s *served) {
		const many = 400 // more than a unix socket has room for
		answers := make(chan string, many)
		clients := make([]*client, many)
		for i := range clients {
			clients[i] = s.client()
		}
		s.busy(many, 0)
		s.order("drain", "moves", true)
		for _, c := range clients {
			c.send(get("/"))
			go func() {
				r, err := http.ReadResponse(c.r, nil)
				if err != nil {
					answers <- err.Error()
					return
				}
				answers <- r.Status
			}()
		}
		if first := <-answers; first != "200 OK" { // of the process itself
			t.Fatal(first)
		}
		for range many {
			c := s.move()
			go func() {
				if _, err := http.ReadRequest(c.r); err == nil {
					_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
				}
			}()
		}
		for range many - 1 {
			if text := <-answers; text != "200 OK" {
				t.Fatal(text)
			}
		}
		s.busy(0, 0)
	})
}

// A subclass that overrides how bytes come may read a line of the PROXY protocol first. Its connections stay.
func TestOverriddenProtocolsStay(t *testing.T) {
	for _, overrides := range []string{"data_received", "nothing"} {
		s := serve(t, "/usr/bin/python3", "-c", `
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
class Protocol(H11Protocol):
    def `+overrides+`(self, data):
        super().data_received(data)
uvicorn.run("served:app", http=Protocol, port=0, log_level="warning")`)
		c := s.client()
		c.send(get("/")).hears(200, "GET / 0 of "+c.name())
		s.order("drain", "moves", true)
		if overrides == "nothing" {
			s.move()
			continue
		}
		s.nothingMoves()
		s.look("it stays", func(st state) bool { return st.Stays == 1 && st.Busy == 0 })
		if !c.send(get("/")).hears(200, "GET / 0 of "+c.name()) {
			t.Error("the answer does not say that the connection ends")
		}
		c.ended()
	}
}

// An order that concerns Node only is answered, so that nobody waits, and its descriptor is closed.
func TestOrderOfNode(t *testing.T) {
	each(t, func(t *testing.T, s *served) {
		c := s.client()
		s.order("drain", "moves", true)
		moved := s.move()
		f := testkit.Must(moved.Conn.(*net.TCPConn).File())(t)
		s.orderWith(int(f.Fd()), "take", "id", 7, "port", 1)
		l := s.next()
		for ; l.Type == "state"; l = s.next() {
		}
		if l.Type != "taken" || l.ID != 7 || l.Error == "" {
			t.Errorf("%+v", l)
		}
		_, _ = f.Close(), moved.Close()
		c.ended()
	})
}
