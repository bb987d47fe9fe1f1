//go:build linux

package e2e

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// lineServer counts for its clients: each line "next" is answered with the next number, any
// other with itself.
type lineServer struct {
	net.Listener
	conns, last, ended atomic.Int64
	longest            atomic.Int64 // from one question to the next, in ns
}

func newLineServer(t *testing.T) *lineServer {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	s := &lineServer{Listener: l}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.conns.Add(1)
			go s.serve(c)
		}
	}()
	return s
}

func (s *lineServer) serve(c net.Conn) {
	defer c.Close()
	defer s.ended.Add(1)
	lines := bufio.NewScanner(c)
	for at := time.Now(); lines.Scan(); {
		s.longest.Store(max(s.longest.Load(), int64(time.Since(at))))
		at = time.Now()
		answer := lines.Text()
		if answer == "next" {
			answer = fmt.Sprint(s.last.Add(1))
		}
		// In two pieces, so that a process may be killed between them.
		if _, err := fmt.Fprint(c, answer[:1]); err != nil {
			return
		}
		if _, err := fmt.Fprintln(c, answer[1:]); err != nil {
			return
		}
	}
}

// more waits until so many more numbers were asked for.
func (s *lineServer) more(t *testing.T, n int64) {
	t.Helper()
	for at, end := s.last.Load(), time.Now().Add(patience); s.last.Load() < at+n; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d numbers, then no more", s.last.Load())
		}
	}
}

// linePrograms use a line server over a connection that hotswap keeps.
var linePrograms = map[string]struct {
	file    string
	args    []string
	command []string
}{
	"node":   {"line.mjs", nil, []string{"node", "line.mjs"}},
	"python": {"line.py", []string{"--ready", "notify"}, []string{"python3", "line.py"}},
	"go":     {"line/main.go", nil, []string{"./line"}},
}

func startLine(t *testing.T, name string, s *lineServer) (h *hotswap, url string, got func() []string) {
	t.Helper()
	p := linePrograms[name]
	dir := t.TempDir()
	if name == "go" {
		build := exec.Command("go", "build", "-o", filepath.Join(dir, "line"), "./internal/e2e/testdata/state/line")
		build.Dir = root
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	} else if _, err := exec.LookPath(p.command[0]); err != nil {
		t.Skip(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "internal/e2e/testdata/state", p.file))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, filepath.Base(p.file)), string(text))
	if err := os.Mkdir(filepath.Join(dir, "node_modules"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(root, npmPackage), filepath.Join(dir, "node_modules/hotswap")); err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(s.Addr().String())
	file, own := filepath.Join(dir, "got"), freePort(t)
	h = start(t, options{
		dir: dir, command: p.command, args: append([]string{"--no-watch", "--probation", brief}, p.args...),
		env: []string{"PORT=" + own, "LINE_PORT=" + port, "GOT=" + file, "PYTHONPATH=" + filepath.Join(root, "child/python")},
	})
	h.serving(1)
	return h, "http://127.0.0.1:" + own, func() []string {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Fields(string(b))
	}
}

// A connection goes through ten swaps: the server sees one, and no byte is lost or doubled.
func TestConnectionIsKeptThroughSwaps(t *testing.T) {
	t.Parallel()
	for name := range linePrograms {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newLineServer(t)
			h, _, got := startLine(t, name, s)
			const swaps = 10
			for v := 2; v <= swaps+1; v++ {
				s.more(t, 20)
				h.signal(syscall.SIGHUP)
				h.serving(v)
				h.drained(v - 1)
			}
			s.more(t, 20)
			if s.conns.Load() != 1 || s.ended.Load() != 0 {
				t.Errorf("the server saw %d connections, and %d ends", s.conns.Load(), s.ended.Load())
			}
			h.signal(syscall.SIGTERM)
			h.exit()
			for end := time.Now().Add(patience); s.ended.Load() == 0 && time.Now().Before(end); time.Sleep(time.Millisecond) {
			}
			numbers := got()
			for i, n := range numbers {
				if n != strconv.Itoa(i+1) {
					t.Fatalf("number %d is %s", i+1, n)
				}
			}
			if asked := s.last.Load(); int64(len(numbers)) != asked && int64(len(numbers)) != asked-1 { // the last may have been under way
				t.Errorf("%d numbers of %d", len(numbers), asked)
			}
			if s.ended.Load() != 1 {
				t.Error("the connection outlives hotswap")
			}
			t.Logf("%d numbers, at most %v from one question to the next", len(numbers), time.Duration(s.longest.Load()))
		})
	}
}

// kill -9 of the program: the connection goes on with the next process, which has lost at most
// the answer that was under way.
func TestConnectionIsKeptThroughKillNine(t *testing.T) {
	t.Parallel()
	for name := range linePrograms {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newLineServer(t)
			h, url, got := startLine(t, name, s)
			const kills = 3
			for v := 1; v <= kills; v++ {
				s.more(t, 20)
				pid, err := strconv.Atoi(get(url))
				if err != nil || pid <= 1 {
					t.Fatalf("process %d, %v", pid, err)
				}
				if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
					t.Fatal(err)
				}
				h.serving(v + 1)
			}
			s.more(t, 20)
			if s.conns.Load() != 1 {
				t.Errorf("the server saw %d connections", s.conns.Load())
			}
			last, missing := 0, 0
			for _, text := range got() {
				n, err := strconv.Atoi(text)
				if err != nil || n <= last {
					t.Fatalf("%q behind %d", text, last)
				}
				missing += n - last - 1
				last = n
			}
			if missing > kills {
				t.Errorf("%d numbers are missing after %d kills", missing, kills)
			}
		})
	}
}

// An upgrade of hotswap takes the connections along. It begins with a process that is not passed what is
// stored with FDSTORE=1, which the Python program uses (docs/state.md).
func TestConnectionIsKeptThroughAnUpgrade(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"node", "go"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newLineServer(t)
			h, _, got := startLine(t, name, s)
			for n := 1; n <= 2; n++ {
				s.more(t, 20)
				if before := h.upgradeSelf(n); before != nil {
					before.gone(t) // not end, which kills a program amid a question
				}
				s.more(t, 20)
			}
			if s.conns.Load() != 1 || s.ended.Load() != 0 {
				t.Errorf("the server saw %d connections, and %d ends", s.conns.Load(), s.ended.Load())
			}
			for i, n := range got() {
				if n != strconv.Itoa(i+1) {
					t.Fatalf("number %d is %s", i+1, n)
				}
			}
		})
	}
}
