package python_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
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
			test(t,
				serve(t, append([]string{"/usr/bin/uvicorn", "served:app", "--log-level=warning", "--port=0",
					"--timeout-keep-alive=60", "--http=" + protocol, "--loop=" + loop}, options...)...))
		})
	}
}

// An answer that the client has not read is sent from here to its end.
func TestLargeAnswer(t *testing.T) {
	each(t, func(t *testing.T, s *served) {
		c := s.client().Get("/large")
		s.Look("it is sent", func(st testkit.State) bool { return st.Busy == 1 && st.Flowing == 1 })
		s.Say(moves)
		s.NothingMoves()
		c.Hears(200, strings.Repeat("x", 1<<24))
		moved := s.Moved()
		c.Get("/next")
		moved.Asked("/next")
	})
}

// Without "moves" the next answer ends the connection, but not while a part of a request has come or is to come.
func TestAnswersEndTheConnection(t *testing.T) {
	each(t, func(t *testing.T, s *served) {
		idle, waits, half, early := s.client(), s.client().Get("/hold?a"),
			s.client().Send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab"), s.client()
		idle.Get("/").Hears(200, "GET / 0 of "+idle.Name())
		s.Busy(4, 2)
		s.Say(drain)
		if early.Send("POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab").Hears(401, "early") {
			t.Error("the connection is to end amid a request")
		}
		early.Send("cd").Get("/")
		half.Send("cd")
		idle.Get("/open?a")
		for c, text := range map[*testkit.Conn]string{idle: "GET /open 0 of ", waits: "GET /hold 0 of ",
			half: "POST / 4 of ", early: "GET / 0 of "} {
			if !c.Hears(200, text+c.Name()) {
				t.Error(text + ": the answer does not say that the connection ends")
			}
			c.Ended()
		}
		s.Busy(0, 0)
	})
}

// A WebSocket delays a drain only while the order ends it, and makes nothing else an event stream.
func TestWebSocketsStay(t *testing.T) {
	each(t, func(t *testing.T, s *served) {
		c := s.client().Get("/", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
			"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==")
		for line, err := c.Reader.ReadString('\n'); line != "\r\n"; line, err = c.Reader.ReadString('\n') {
			testkit.NoError(t, err)
		}
		held := s.client().Get("/hold")
		s.Look("a request beside it is no event stream", func(st testkit.State) bool {
			return st == testkit.State{Seq: st.Seq, Connections: 2, Busy: 1, Stays: 1}
		})
		held.Close()
		s.Busy(1, 0) // it may move until the program has heard of its end
		s.Say(moves)
		s.NothingMoves()
		s.Say(`{"type":"drain","moves":true,"websocket":{"code":1012,"reason":"r"}}`)
		s.Busy(1, 1)
		frame := make([]byte, 5)
		testkit.Must(c.Reader.Read(frame))(t)
		if want := "\x88\x03\x03\xf4r"; string(frame) != want {
			t.Errorf("%q, want %q", frame, want)
		}
		c.Close()
		s.Busy(0, 0)
	})
}

func TestTLSStays(t *testing.T) {
	key := testkit.Must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	cert := testkit.Must(x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key))(t)
	file := filepath.Join(t.TempDir(), "pem")
	testkit.Write(t, file, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}))+
		string(
			pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY",
				Bytes: testkit.Must(x509.MarshalPKCS8PrivateKey(key))(t)})))
	each(t, func(t *testing.T, s *served) {
		c := s.client()
		shaking := s.client()
		s.Look("TLS is negotiated", func(st testkit.State) bool { return st.Connections == 2 && st.Busy == 2 })
		shaking.Close()
		c = testkit.ConnOf(t, tls.Client(c.Conn, &tls.Config{InsecureSkipVerify: true}))
		c.Get("/").Hears(200, "GET / 0 of "+c.Name())
		s.Say(moves)
		s.NothingMoves()
		s.Look("it stays", func(st testkit.State) bool { return st.Connections == 1 && st.Stays == 1 })
		if !c.Get("/").Hears(200, "GET / 0 of "+c.Name()) {
			t.Error("the answer does not say that the connection ends")
		}
		c.Ended()
	}, "--ssl-keyfile="+file, "--ssl-certfile="+file)
}

func TestConnectionsOfAUnixSocketMove(t *testing.T) {
	path := filepath.Join(testkit.Must(filepath.EvalSymlinks(t.TempDir()))(t), "s")
	s := serve(t, "/usr/bin/uvicorn", "--log-level=warning", "--uds="+path, "served:app")
	if s.at != path {
		t.Fatalf("at %q, want %q", s.at, path)
	}
	c := s.client()
	c.Get("/").Hears(200, "GET / 0 of unix")
	s.Say(moves)
	moved := s.Moved()
	s.Say(resume)
	if why := s.Offer(moved, s.at, ""); why != "" {
		t.Fatal(why)
	}
	moved.Close()
	c.Get("/").Hears(200, "GET / 0 of unix")
}

// Each worker has a connection to hotswap, and takes those of the other.
func TestGunicorn(t *testing.T) {
	s := serve(t, "/usr/bin/gunicorn", "-w2", "-kuvicorn.workers.UvicornWorker", "-b127.0.0.1:0", "--log-level=error",
		"served:app")
	other := s.wire.Joined()
	if l := other.Next(); l.At != s.at {
		t.Fatalf("%+v", l)
	}
	c := s.client()
	c.Get("/").Hears(200, "GET / 0 of "+c.Name())
	from, to := s.Adapter, other
	from.Look("whose it is", func(st testkit.State) bool {
		if st.Connections == 0 {
			from, to = other, s.Adapter
		}
		return true
	})
	from.Say(moves)
	moved := from.Moved()
	if why := to.Offer(moved, s.at, ""); why != "" {
		t.Fatal(why)
	}
	moved.Close()
	c.Get("/").Hears(200, "GET / 0 of "+c.Name())
	to.Busy(1, 0)
	from.Busy(0, 0)
}

// While hotswap does not read, what cannot be handed over is answered here. Nothing is lost, and nobody waits.
func TestHotswapDoesNotRead(t *testing.T) {
	each(t, func(t *testing.T, s *served) {
		const many = 400 // more than a unix socket has room for
		answers := make(chan string, many)
		clients := make([]*testkit.Conn, many)
		for i := range clients {
			clients[i] = s.client()
		}
		s.Busy(many, 0)
		s.Say(moves)
		for _, c := range clients {
			c.Get("/")
			go func() {
				r, err := http.ReadResponse(c.Reader, nil)
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
			c := s.Moved()
			go func() {
				if _, err := http.ReadRequest(c.Reader); err == nil {
					_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
				}
			}()
		}
		for range many - 1 {
			if text := <-answers; text != "200 OK" {
				t.Fatal(text)
			}
		}
		s.Busy(0, 0)
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
		c.Get("/").Hears(200, "GET / 0 of "+c.Name())
		s.Say(moves)
		if overrides == "nothing" {
			s.Moved()
			continue
		}
		s.NothingMoves()
		s.Look("it stays", func(st testkit.State) bool { return st.Stays == 1 && st.Busy == 0 })
		if !c.Get("/").Hears(200, "GET / 0 of "+c.Name()) {
			t.Error("the answer does not say that the connection ends")
		}
		c.Ended()
	}
}
