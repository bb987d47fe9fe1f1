package runtime_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/rights"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// Whatever cuts requests have, and whatever their bodies look like, a connection is handed over between two of them
// only: the successor reads whole requests, each once and in their order, and so does the process when the connection
// comes back.
func (p program) handlesPieces(t *testing.T) {
	const clients, requests = 12, 40
	s, at := p.starts(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("the seed is %d", seed)
	lines, back := make(chan testkit.Message), make(chan *net.TCPConn, clients)
	answered, over := make(chan bool), make(chan error, 2*clients)
	go func() { // until the process ends
		for text := s.Hear(); text != ""; text = s.Hear() {
			var l testkit.Message
			if json.Unmarshal([]byte(text), &l) == nil && l.Type == "move" {
				l.FD = s.FD()
			}
			select {
			case lines <- l:
			case <-t.Context().Done():
				return
			}
		}
	}()
	for i := range clients {
		c := testkit.ConnOf(t, testkit.Dial(t, at))
		go func() { over <- inPieces(c, rand.New(rand.NewPCG(seed, uint64(i))), requests, p.ahead, answered) }()
	}
	moved, n := 0, 0
	for left := clients; left > 0; {
		select {
		case l := <-lines:
			if l.Error != "" {
				t.Fatal(l.Error)
			}
			if l.Type == "move" {
				moved++
				// here, because nothing may come between the two writes of an order with a descriptor
				s.Say(`{"type":"got"}`)
				f := os.NewFile(uintptr(l.FD), "")
				conn := testkit.Must(net.FileConn(f))(t).(*net.TCPConn)
				f.Close()
				go func() {
					if err := succeed(conn, back); err != nil {
						over <- err
					}
				}()
			}
		case conn := <-back:
			until := time.Now().Add(testkit.Patience).UnixMilli()
			s.SayWith(rights.FD(conn), fmt.Sprintf(`{"type":"conn","id":1,"at":%q,"untilMs":%d}`, at, until))
			conn.Close()
		case <-answered:
			n++
			if n%clients == 0 {
				s.Say([]string{`{"type":"drain","moves":true}`, `{"type":"resume"}`}[n/clients%2])
			}
		case err := <-over:
			testkit.NoError(t, err)
			left--
		}
	}
	if moved < clients {
		t.Errorf("%d moves", moved)
	}
}

// inPieces sends requests, some before the one before is answered, and reads their answers.
func inPieces(c *testkit.Conn, r *rand.Rand, requests, most int, answered chan<- bool) error {
	ahead, want := make(chan bool, 1+r.IntN(1+most)), make(chan string, requests)
	_ = c.SetDeadline(time.Now().Add(3 * testkit.Patience))
	go func() {
		for i := range requests {
			size := r.IntN(3) * r.IntN(200)
			body := strings.Repeat("GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n", 20)[:size]
			path := fmt.Sprintf("/%s-%d", c.Name(), i)
			request := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s", path, size, body)
			if r.IntN(2) == 0 {
				request = fmt.Sprintf("POST %s HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", path)
				if size > 0 {
					request += fmt.Sprintf("%x\r\n%s\r\n", size, body)
				}
				request += "0\r\n\r\n"
			}
			want <- path
			ahead <- true
			for len(request) > 0 {
				cut := len(request)
				if r.IntN(3) > 0 {
					cut = 1 + r.IntN(cut)
				}
				if _, err := c.Write([]byte(request[:cut])); err != nil {
					return // the reader says why
				}
				request = request[cut:]
				time.Sleep(time.Duration(r.IntN(1500)) * time.Microsecond)
			}
		}
	}()
	for i := range requests {
		answer, err := http.ReadResponse(c.Reader, nil)
		if err != nil {
			return fmt.Errorf("answer %d: %w", i, err)
		}
		text, _ := io.ReadAll(answer.Body)
		if want := <-want; string(text) != want {
			return fmt.Errorf("answer %d: %d %q, want %q", i, answer.StatusCode, text, want)
		}
		<-ahead
		answered <- true
	}
	return nil
}

// succeed answers a request as the application does, and gives the connection back when nothing of the next has been
// read.
func succeed(conn *net.TCPConn, back chan<- *net.TCPConn) error {
	for r := bufio.NewReader(conn); ; {
		request, err := http.ReadRequest(r)
		if errors.Is(err, io.EOF) {
			return conn.Close()
		}
		if err != nil {
			return fmt.Errorf("the successor reads: %w", err)
		}
		if _, err := io.Copy(io.Discard, request.Body); err != nil {
			return err
		}
		text := request.URL.Path
		if _, err := fmt.Fprintf(conn, "HTTP/1.1 200 X\r\nContent-Length: %d\r\n\r\n%s", len(text), text); err != nil {
			return err
		}
		if r.Buffered() == 0 {
			back <- conn
			return nil
		}
	}
}
