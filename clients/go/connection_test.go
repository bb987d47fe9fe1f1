//go:build unix

package hotswap

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

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

// getting asks for a key, and returns a channel for the outcome.
func getting(t testing.TB, key string) <-chan error {
	done := make(chan error, 1)
	go func() {
		got, err := Get[string](background(t), key)
		if err == nil && got != "value of "+key {
			err = fmt.Errorf("%s has %q", key, got)
		}
		done <- err
	}()
	return done
}

// Lines come in pieces, several at a time, and in another order.
func TestLinesInPieces(t *testing.T) {
	s := meet(t)
	a := getting(t, "a")
	s.hears(`{"id":2,"op":"get","key":"a"}`)
	for _, piece := range []string{`{"id":99,"value":1}` + "\n{\"id\"", `:2,"value":"value of a","version":5`, "}", "\n"} {
		_, _ = s.conn.Write([]byte(piece))
	}
	if err := <-a; err != nil {
		t.Error(err)
	}
	b := getting(t, "b")
	s.hears(`{"id":3,"op":"get","key":"b"}`)
	c := getting(t, "c \" ü")
	s.hears(`{"id":4,"op":"get","key":"c \" ü"}`)
	s.says(`{"id":4,"value":"value of c \" ü","version":6}` + "\n" + `{"id":3,"value":"value of b","version":7}`)
	if err := errors.Join(<-b, <-c); err != nil {
		t.Error(err)
	}
}

func TestErrorsOfHotswap(t *testing.T) {
	s := meet(t)
	id := 1
	for code, want := range map[string]error{
		"too-large": ErrTooLarge, "full": ErrFull, "type": ErrType, "unavailable": ErrUnavailable, "lagging": ErrLagging,
	} {
		id++
		done := getting(t, "a")
		s.hears(fmt.Sprintf(`{"id":%d,"op":"get","key":"a"}`, id))
		s.says(fmt.Sprintf(`{"id":%d,"error":"the text","code":%q}`, id, code))
		if err := <-done; !errors.Is(err, want) || !strings.Contains(err.Error(), "the text") {
			t.Errorf("%s: %v", code, err)
		}
	}
}

// After the end of a connection the next request opens another one. A hotswap that refuses this process says why
// to every request, also if it closes the connection at once.
func TestConnectionEnds(t *testing.T) {
	s := meet(t)
	done := getting(t, "a")
	s.hears(`{"id":2,"op":"get","key":"a"}`)
	s.conn.Close()
	s.accept()
	s.hears(`{"id":2,"op":"get","key":"a"}`) // once more
	s.says(`{"id":1,"version":1,"generation":1}`)
	s.says(`{"id":2,"value":"value of a","version":1}`)
	if err := <-done; err != nil {
		t.Error(err)
	}
	done = getting(t, "a")
	s.hears(`{"id":3,"op":"get","key":"a"}`)
	s.conn.Close()
	s.accept()
	s.hears(`{"id":2,"op":"get","key":"a"}`)
	s.conn.Close()
	if err := <-done; !errors.Is(err, ErrGone) {
		t.Error(err)
	}
	done = getting(t, "a")
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
			done := getting(t, "a")
			s.hears(`{"id":2,"op":"get","key":"a"}`)
			watched := make(chan error, 1)
			go func() {
				for _, err := range Watch[int](background(t), "w") {
					watched <- err
				}
			}()
			s.hears(`{"id":3,"op":"watch","key":"w"}`)
			f(s)
			for _, err := range []error{<-done, <-watched} {
				if !errors.Is(err, ErrGone) {
					t.Error(err)
				}
			}
		})
	}
}
