package console

import (
	"bytes"
	"io"
	"os"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotswap-dev/hotswap/internal/testkit"
	"github.com/hotswap-dev/hotswap/internal/tty"
)

// long bounds every wait of a test.
const long = time.Minute

// reader is whoever reads our streams: a person, a log.
type reader struct {
	t    *testing.T
	mu   sync.Mutex
	cond *sync.Cond
	got  []byte
	eof  bool
}

func read(t *testing.T, f io.Reader) *reader {
	r := &reader{t: t}
	r.cond = sync.NewCond(&r.mu)
	go func() {
		buf := make([]byte, 1<<16)
		for {
			n, err := f.Read(buf)
			r.mu.Lock()
			r.got, r.eof = append(r.got, buf[:n]...), err != nil
			r.cond.Broadcast()
			r.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return r
}

// until waits for a text and gives all that came until its end.
func (r *reader) until(text string) string {
	r.t.Helper()
	timer := time.AfterFunc(long, func() { r.mu.Lock(); r.eof = true; r.cond.Broadcast(); r.mu.Unlock() })
	defer timer.Stop()
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		if i := bytes.Index(r.got, []byte(text)); i >= 0 {
			out := string(r.got[:i+len(text)])
			r.got = r.got[i+len(text):]
			return out
		}
		if r.eof {
			r.t.Fatalf("%.80q did not come; there is %.200q", text, r.got)
		}
		r.cond.Wait()
	}
}

// screen is a terminal: its person's side and ours.
func screen(t *testing.T) (person, ours *os.File) {
	t.Helper()
	person, ours, err := tty.Open()
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	t.Cleanup(func() { person.Close(); ours.Close() })
	return person, ours
}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	testkit.NoError(t, err)
	t.Cleanup(func() { r.Close(); w.Close() })
	return r, w
}

// program has copies of the streams, as a process would.
type program struct{ in, out, err *os.File }

func inherit(t *testing.T, s *Streams) program {
	t.Helper()
	var files [3]*os.File
	for i, fd := range s.Stdio() {
		copied := testkit.Must(unix.Dup(fd))(t)
		files[i] = os.NewFile(uintptr(copied), "")
		t.Cleanup(func() { files[i].Close() })
	}
	s.Started()
	return program{files[0], files[1], files[2]}
}

func say(t *testing.T, f *os.File, text string) {
	t.Helper()
	testkit.Must(f.WriteString(text))(t)
}

func open(t *testing.T, c *Console, found func()) *Streams {
	t.Helper()
	s := testkit.Must(c.Open(1, false, found, nil))(t)
	t.Cleanup(func() { s.Close() })
	return s
}

func fd(f *os.File) int { return int(f.Fd()) }
