//go:build unix

package hotswap

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// limit bounds what a test waits for.
const limit = 3 * time.Minute

func background(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	return ctx
}

// counterpart is a hotswap that says what the test wants.
type counterpart struct {
	t    testing.TB
	l    *net.UnixListener
	conn *net.UnixConn
	in   *bufio.Reader
}

// meet has the package talk with a counterpart until the test ends.
func meet(t testing.TB) *counterpart {
	t.Helper()
	dir, err := os.MkdirTemp("", "clients") // t.TempDir may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, "s"), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	c := newClient(l.Addr().String())
	p := newPlace(c)
	wereOurs, wereHere := ours, here
	ours, here = func() *client { return c }, func() *place { return p }
	t.Cleanup(func() { ours, here = wereOurs, wereHere })
	if _, err := c.link(); err != nil {
		t.Fatal(err)
	}
	s := &counterpart{t: t, l: l}
	s.accept()
	return s
}

// accept accepts the next connection, and answers hello.
func (s *counterpart) accept() {
	s.t.Helper()
	s.listen()
	s.says(`{"id":1,"version":1,"generation":3}`)
}

func (s *counterpart) listen() {
	s.t.Helper()
	_ = s.l.SetDeadline(time.Now().Add(limit))
	conn, err := s.l.AcceptUnix()
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(limit))
	s.conn, s.in = conn, bufio.NewReader(conn)
	s.hears(`{"id":1,"op":"hello","version":1}`)
}

func (s *counterpart) read() string {
	s.t.Helper()
	line, err := s.in.ReadString('\n')
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.TrimSuffix(line, "\n")
}

func (s *counterpart) hears(want string) {
	s.t.Helper()
	if line := s.read(); line != want {
		s.t.Fatalf("%s, want %s", line, want)
	}
}

func (s *counterpart) says(line string) {
	s.t.Helper()
	if _, err := s.conn.Write([]byte(line + "\n")); err != nil {
		s.t.Fatal(err)
	}
}

// leasing asks for a lease, for work that is done at once, and returns a channel for the outcome.
func leasing(t testing.TB, name string) <-chan error {
	done := make(chan error, 1)
	go func() { done <- Lease(background(t), name, func(context.Context) error { return nil }) }()
	return done
}

// asked demands a request for a lease.
func (s *counterpart) asked(id int, name string) {
	s.t.Helper()
	if line := s.read(); !strings.HasPrefix(line, fmt.Sprintf(`{"id":%d,"op":"lease","name":%s,"claim":`, id, name)) {
		s.t.Fatal(line)
	}
}

// over answers the end of a request.
func (s *counterpart) over(id int) {
	s.t.Helper()
	s.hears(fmt.Sprintf(`{"id":%d,"op":"cancel"}`, id))
	s.says(fmt.Sprintf(`{"id":%d,"error":"the request was cancelled","code":"canceled"}`, id))
}

// Lines come in pieces, several at a time, and in another order.
func TestLinesInPieces(t *testing.T) {
	s := meet(t)
	a := leasing(t, "a")
	s.asked(2, `"a"`)
	for _, piece := range []string{`{"id":99,"value":1}` + "\n{\"id\"", `:2,"event":"granted"`, "}", "\n"} {
		_, _ = s.conn.Write([]byte(piece))
	}
	s.over(2)
	b := leasing(t, "b")
	s.asked(3, `"b"`)
	c := leasing(t, "c \" ü")
	s.asked(4, `"c \" ü"`)
	s.says(`{"id":4,"event":"granted"}` + "\n" + `{"id":3,"error":"no room","code":"full"}`)
	s.over(4)
	if err := <-b; !errors.Is(err, ErrFull) {
		t.Error(err)
	}
	if err := errors.Join(<-a, <-c); err != nil {
		t.Error(err)
	}
}

func TestErrorsOfHotswap(t *testing.T) {
	s := meet(t)
	id := 1
	for code, want := range codes {
		id++
		done := leasing(t, "a")
		s.asked(id, `"a"`)
		s.says(fmt.Sprintf(`{"id":%d,"error":"the text","code":%q}`, id, code))
		if err := <-done; !errors.Is(err, want) || !strings.Contains(err.Error(), "the text") {
			t.Errorf("%s: %v", code, err)
		}
	}
	for name, want := range map[string]string{"": "empty", strings.Repeat("x", 513): "too large", "\xff": "UTF-8"} {
		if err := <-leasing(t, name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.9q: %v", name, err)
		}
	}
}

// After the end of a connection the next request opens another one. A hotswap that refuses this process says why
// to every request, also if it closes the connection at once.
func TestConnectionIsRefused(t *testing.T) {
	s := meet(t)
	s.conn.Close()
	for !ours().conn.ended() {
		runtime.Gosched()
	}
	done := leasing(t, "a")
	s.listen()
	s.says(`{"id":1,"error":"speak version 2","code":"unavailable"}`)
	s.conn.Close()
	if err := <-done; !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "speak version 2") {
		t.Error(err)
	}
}

// What is no line, or has no end, ends the connection with a word, and all that is open.
func TestNoLines(t *testing.T) {
	for name, f := range map[string]func(s *counterpart){
		"no JSON": func(s *counterpart) { s.says("HTTP/1.1 400 Bad Request\r") },
		"no end": func(s *counterpart) {
			for {
				if _, err := s.conn.Write(bytes.Repeat([]byte("x"), 1<<20)); err != nil {
					return
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := meet(t)
			a := leasing(t, "a")
			s.asked(2, `"a"`)
			b := leasing(t, "b")
			s.asked(3, `"b"`)
			f(s)
			for _, err := range []error{<-a, <-b} {
				if !errors.Is(err, ErrGone) {
					t.Error(err)
				}
			}
		})
	}
}
