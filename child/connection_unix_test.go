//go:build unix

package child

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/supervisor/store"
)

// counterpart is a hotswap that says what the test wants.
type counterpart struct {
	t    testing.TB
	conn *net.UnixConn
	in   *bufio.Reader
}

// meet returns a client, and what it is connected with. hello has been answered.
func meet(t testing.TB) (*client, *counterpart) {
	t.Helper()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(shortDir(t), "s"), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c := newClient(l.Addr().String())
	if _, err := c.connect(); err != nil {
		t.Fatal(err)
	}
	return c, accept(t, l)
}

// shortDir returns a folder for a socket, for which that of t.TempDir may be too long.
func shortDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "child")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// accept returns what the next connection of the client is connected with. hello has been answered.
func accept(t testing.TB, l *net.UnixListener) *counterpart {
	t.Helper()
	_ = l.SetDeadline(time.Now().Add(limit))
	conn, err := l.AcceptUnix()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(limit))
	s := &counterpart{t, conn, bufio.NewReader(conn)}
	s.hears(`{"id":1,"op":"hello","version":1,"client":"go"}`)
	return s
}

// unixPair returns two connections with each other.
func unixPair(t *testing.T) (a, b *net.UnixConn) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	var ends [2]*net.UnixConn
	for i, fd := range fds {
		file := os.NewFile(uintptr(fd), "pair")
		conn, err := net.FileConn(file)
		file.Close()
		if err != nil {
			t.Fatal(err)
		}
		ends[i] = conn.(*net.UnixConn)
		t.Cleanup(func() { conn.Close() })
	}
	return ends[0], ends[1]
}

func (s *counterpart) hears(want string) {
	s.t.Helper()
	if line, err := s.in.ReadString('\n'); line != want+"\n" {
		s.t.Fatalf("%q, %v; want %q", line, err, want)
	}
}

// hearsLease hears a request for a lease, and returns what the client calls its claim.
func (s *counterpart) hearsLease(id int, name string) (claim string) {
	s.t.Helper()
	line, err := s.in.ReadString('\n')
	claim, ok := strings.CutPrefix(line, fmt.Sprintf(`{"id":%d,"op":"lease","name":%q,"claim":`, id, name))
	if !ok {
		s.t.Fatalf("%q, %v; want a request for the lease %s", line, err, name)
	}
	return strings.TrimSuffix(claim, "}\n")
}

func (s *counterpart) says(text string) {
	s.t.Helper()
	if _, err := s.conn.Write([]byte(text)); err != nil {
		s.t.Fatal(err)
	}
}

// Lines come in pieces, several at a time, and in another order.
func TestLinesInPieces(t *testing.T) {
	c, s := meet(t)
	type answer struct {
		i   store.Item
		err error
	}
	get := func(key string) <-chan answer {
		answers := make(chan answer, 1)
		go func() {
			i, err := c.get(background(t), key)
			answers <- answer{i, err}
		}()
		return answers
	}
	answers := get("a")
	s.hears(`{"id":2,"op":"get","key":"a"}`)
	for _, piece := range []string{`{"id":1,"vers`, `ion":1,"generation":3}` + "\n" + `{"id":99,"value":1}` + "\n{\"id\"", `:2,"value":"x","version":5`, "}", "\n"} {
		s.says(piece)
	}
	if a := <-answers; a.err != nil || string(a.i.Value.JSON) != `"x"` || a.i.Version != 5 {
		t.Errorf("%+v", a)
	}
	later := get("b")
	s.hears(`{"id":3,"op":"get","key":"b"}`)
	answers = get("c \" ü")
	s.hears(`{"id":4,"op":"get","key":"c \" ü"}`)
	big := strings.Repeat("y", 1<<20)
	s.says(`{"id":4,"bytes":"` + "AAE=" + `","version":6}` + "\n" + `{"id":3,"value":"` + big + `","version":7}` + "\n")
	if a := <-answers; !bytes.Equal(a.i.Value.Bytes, []byte{0, 1}) || a.err != nil {
		t.Errorf("%+v", a)
	}
	if a := <-later; len(a.i.Value.JSON) != len(big)+2 || a.err != nil {
		t.Errorf("%d bytes, %v", len(a.i.Value.JSON), a.err)
	}
}

func TestErrorsOfHotswap(t *testing.T) {
	c, s := meet(t)
	for n, one := range []struct {
		code string
		want error
	}{
		{"too-large", ErrTooLarge}, {"full", ErrFull}, {"type", ErrType}, {"unavailable", ErrUnavailable}, {"lagging", ErrLagging},
	} {
		done := make(chan error, 1)
		go func() { _, err := c.add(background(t), "a", 1); done <- err }()
		s.hears(fmt.Sprintf(`{"id":%d,"op":"add","key":"a","by":1}`, n+2))
		s.says(fmt.Sprintf(`{"id":%d,"error":"the text","code":%q}`+"\n", n+2, one.code))
		if err := <-done; !errors.Is(err, one.want) || !strings.Contains(err.Error(), "the text") {
			t.Errorf("%s: %v", one.code, err)
		}
	}
}

// A hotswap that refuses the version says so to every request.
func TestRefusedAtOnce(t *testing.T) {
	c, s := meet(t)
	done := make(chan error, 1)
	go func() { _, err := c.get(background(t), "a"); done <- err }()
	s.hears(`{"id":2,"op":"get","key":"a"}`)
	s.says(`{"id":1,"error":"speak version 2","code":"unavailable"}` + "\n" + `{"id":2,"error":"hello comes first","code":"bad-request"}` + "\n")
	if err := <-done; !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "speak version 2") {
		t.Error(err)
	}
}

// What hotswap says before it closes the connection counts, also if a request is sent afterwards.
func TestLastWords(t *testing.T) {
	ours, theirs := unixPair(t)
	c := &connection{conn: ours, calls: map[uint64]call{}}
	if _, err := theirs.Write([]byte(`{"id":1,"error":"too late","code":"unavailable"}` + "\n")); err != nil {
		t.Fatal(err)
	}
	theirs.Close()
	var got error
	c.send(op("x"), call{once: true, on: func(m *message) { got = m.err() }})
	c.read()
	if !errors.Is(got, ErrUnavailable) {
		t.Error(got)
	}
}

// What is no line, or has no end, ends the connection with a word, and all that is open.
func TestNoLines(t *testing.T) {
	for name, f := range map[string]func(s *counterpart){
		"no JSON": func(s *counterpart) { s.says("HTTP/1.1 400 Bad Request\r\n") },
		"no end": func(s *counterpart) {
			_ = s.conn.SetDeadline(time.Now().Add(limit))
			for {
				if _, err := s.conn.Write(bytes.Repeat([]byte("x"), 1<<20)); err != nil {
					return
				}
			}
		},
		"the end": func(s *counterpart) { s.conn.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			c, s := meet(t)
			done := make(chan error, 3)
			go func() { _, err := c.get(background(t), "a"); done <- err }()
			s.hears(`{"id":2,"op":"get","key":"a"}`)
			go func() {
				_, _, err := c.lease(background(t), "l")
				done <- err
			}()
			s.hearsLease(3, "l")
			go func() {
				for _, err := range c.watch(background(t), "w", false) {
					done <- err
				}
			}()
			s.hears(`{"id":4,"op":"watch","key":"w"}`)
			f(s)
			for range 3 {
				if err := <-done; !errors.Is(err, ErrGone) {
					t.Error(err)
				}
			}
		})
	}
}

// FuzzLines: whatever hotswap says in whatever pieces, each open request ends once, and nothing panics.
func FuzzLines(f *testing.F) {
	f.Add([]byte(`{"id":1,"version":1}`+"\n"+`{"id":2,"value":1,"version":3}`+"\n"), uint8(3))
	f.Add([]byte(`{"id":3,"event":"granted"}`+"\n"+`{"id":3,"event":"revoke"}`+"\n"), uint8(7))
	f.Add([]byte(`{"id":4,"event":"set","key":"k","value":null}`+"\n"+`{"id":4,"event":"ready"}`+"\n"), uint8(1))
	f.Add([]byte("\n\n{}\n[]\n"), uint8(200))
	f.Fuzz(func(t *testing.T, text []byte, size uint8) {
		ours, theirs := unixPair(t)
		c := &connection{conn: ours, calls: map[uint64]call{}}
		var answers [3]atomic.Int32
		for i := range answers {
			c.send(op("x"), call{once: true, on: func(*message) { answers[i].Add(1) }})
		}
		n := newNews()
		c.send(op("watch"), call{on: n.add})
		go func() {
			for chunk := range slices.Chunk(text, int(size)+1) {
				if _, err := theirs.Write(chunk); err != nil {
					break
				}
			}
			theirs.CloseWrite()
		}()
		go io.Copy(io.Discard, theirs)
		c.read() // until the end
		for i := range answers {
			if got := answers[i].Load(); got != 1 {
				t.Errorf("request %d got %d answers", i, got)
			}
		}
		if _, err := n.take(); err == nil {
			t.Error("the watch has not ended")
		}
		theirs.Close()
	})
}
