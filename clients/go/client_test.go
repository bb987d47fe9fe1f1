//go:build unix

package hotswap

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
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
func meet(t *testing.T) *counterpart {
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
	t.Setenv(variable, l.Addr().String())
	return &counterpart{t: t, l: l}
}

// accept accepts the next connection, and answers hello.
func (s *counterpart) accept(answer string) {
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
	s.says(answer)
}

const welcome = `{"id":1,"version":1}`

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

// asked accepts a request for the lease cron, and returns its line.
func (s *counterpart) asked() (line string) {
	s.t.Helper()
	s.accept(welcome)
	line = s.read()
	if !strings.HasPrefix(line, `{"id":1,"op":"lease","name":"cron","claim":`) {
		s.t.Fatal(line)
	}
	return line
}

// released answers a release.
func (s *counterpart) released() {
	s.t.Helper()
	s.hears(`{"id":1,"op":"release"}`)
	s.says(`{"id":1,"released":true}`)
}

// leasing asks for the lease cron, and returns a channel for the outcome.
func leasing(t testing.TB, f func(context.Context) error) <-chan error {
	done := make(chan error, 1)
	go func() { done <- Lease(background(t), "cron", f) }()
	return done
}

func never(context.Context) error { panic("it has the lease") }

// A hotswap that refuses says why. What is no line, or has no end, ends the connection with a word.
func TestRefusals(t *testing.T) {
	s := meet(t)
	for name, c := range map[string]struct {
		hello string
		then  func()
		want  string
	}{
		"version": {hello: `{"id":1,"error":"speak version 2","code":"unavailable"}`, want: "speak version 2"},
		"full": {`{"error":"no room","code":"full"}`, func() { // it asks again, also where the request finds no room
			s.asked()
			s.says(`{"id":1,"error":"no room","code":"full"}`)
			s.asked()
			s.says(`{"id":1,"error":"enough"}`)
		}, "enough"},
		"no JSON": {welcome, func() { s.says("HTTP/1.1 400 Bad Request\r") }, ErrGone.Error()},
		"no end": {welcome, func() {
			for {
				if _, err := s.conn.Write(bytes.Repeat([]byte("x"), 1<<20)); err != nil {
					return
				}
			}
		}, ErrGone.Error()},
	} {
		done := leasing(t, never)
		s.accept(c.hello)
		if c.then != nil {
			c.then()
		}
		if err := <-done; err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	done := leasing(t, never)
	s.l.Close()
	if err := <-done; !errors.Is(err, ErrGone) {
		t.Error(err)
	}
}

// A job that is done gives the lease back. The context of one that is asked back ends, and the lease is asked for again
// when the function has returned; an error of the function ends that.
func TestLeaseIsAskedBack(t *testing.T) {
	s := meet(t)
	done := leasing(t, func(context.Context) error { return nil })
	s.asked()
	for _, piece := range []string{`{"id":1,`, `"event":"granted"}`, "\n"} {
		_, _ = s.conn.Write([]byte(piece))
	}
	s.released()
	if err := <-done; err != nil {
		t.Error(err)
	}
	broken, begun := errors.New("broken"), make(chan error)
	over := leasing(t, func(ctx context.Context) error {
		begun <- nil
		<-ctx.Done()
		if !errors.Is(context.Cause(ctx), errRevoked) {
			t.Error(context.Cause(ctx))
		}
		return <-begun
	})
	for _, err := range []error{context.Canceled, broken} {
		s.asked()
		s.says(`{"id":1,"event":"granted"}`)
		<-begun
		s.says(`{"id":1,"event":"revoke"}`)
		begun <- err
		s.released()
	}
	if err := <-over; !errors.Is(err, broken) {
		t.Error(err)
	}
}

// If the connection alone breaks, the context ends. When the function has returned, and not before, the lease is asked
// for again with the same claim, so that hotswap hears that nothing runs under it; also if the work is done.
func TestLeaseOverALostConnection(t *testing.T) {
	s := meet(t)
	ends := make(chan error)
	over := leasing(t, func(ctx context.Context) error {
		ends <- nil
		<-ctx.Done()
		if !errors.Is(context.Cause(ctx), ErrGone) {
			t.Error(context.Cause(ctx))
		}
		return <-ends
	})
	broken := errors.New("broken")
	first := s.asked()
	for _, err := range []error{nil, broken} {
		s.says(`{"id":1,"event":"granted"}`)
		<-ends
		s.conn.Close()
		ends <- err
		if again := s.asked(); again != first {
			t.Errorf("%s after %s", again, first)
		}
	}
	s.released()
	if err := <-over; !errors.Is(err, broken) {
		t.Error(err)
	}
}

// A generation is held, serves again, and then drains for good; a new connection hears that, too.
func TestDraining(t *testing.T) {
	s, drains := meet(t), make(chan struct{})
	go follow(os.Getenv(variable), func() { close(drains) })
	for _, line := range []string{"starting", "serving", "held", "serving", "", "serving", "draining"} {
		if line == "" {
			s.conn.Close()
		}
		if line == "" || line == "starting" {
			s.accept(welcome)
			s.hears(`{"id":1,"op":"place"}`)
			continue
		}
		select {
		case <-drains:
			t.Error("it drains before it is " + line)
		default:
		}
		s.says(`{"id":1,"event":"place","seq":1,"state":"` + line + `"}`)
	}
	<-drains
}
