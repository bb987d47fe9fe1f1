//go:build linux

package drain

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func init() {
	push["puma"] = func(c net.Conn, _ time.Duration) { // corks, writes, takes the cork off
		knob(c, unix.TCP_CORK, 1)
		io.WriteString(c, head(5))
		io.WriteString(c, "hello")
		knob(c, unix.TCP_CORK, 0)
	}
	push["varied"] = func(c net.Conn, _ time.Duration) { // as puma, no two of one length
		body := strings.Repeat("x", int(time.Now().UnixMicro()%9000)+1000)
		knob(c, unix.TCP_CORK, 1)
		io.WriteString(c, head(len(body))+body)
		knob(c, unix.TCP_CORK, 0)
	}
	push["corked"] = func(c net.Conn, pause time.Duration) { // as puma, in parts
		knob(c, unix.TCP_CORK, 1)
		io.WriteString(c, head(10)+"hello")
		time.Sleep(pause)
		io.WriteString(c, "hello")
		knob(c, unix.TCP_CORK, 0)
	}
	push["late"] = func(c net.Conn, wait time.Duration) { // as puma, a slow request
		time.Sleep(wait)
		push["puma"](c, 0)
	}
	push["large"] = func(c net.Conn, pause time.Duration) { // as puma, 10 MB in parts
		knob(c, unix.TCP_CORK, 1)
		io.WriteString(c, head(10<<20))
		chunk := make([]byte, 1<<20)
		for range 10 {
			c.Write(chunk)
			time.Sleep(pause)
		}
		knob(c, unix.TCP_CORK, 0)
	}
	push["tornado"] = func(c net.Conn, _ time.Duration) { // Nagle, and off with it when the answer is over
		knob(c, unix.TCP_NODELAY, 0)
		io.WriteString(c, head(5)+"hello")
		knob(c, unix.TCP_NODELAY, 1)
	}
	push["parted"] = func(c net.Conn, pause time.Duration) { // takes the cork off in the midst
		knob(c, unix.TCP_CORK, 1)
		io.WriteString(c, head(5))
		knob(c, unix.TCP_CORK, 0)
		time.Sleep(pause)
		knob(c, unix.TCP_CORK, 1)
		io.WriteString(c, "hello")
		knob(c, unix.TCP_CORK, 0)
	}
}

func knob(c net.Conn, name, value int) {
	raw, err := c.(*net.TCPConn).SyscallConn()
	if err == nil {
		_ = raw.Control(func(fd uintptr) { _ = unix.SetsockoptInt(int(fd), unix.SOL_TCP, name, value) })
	}
}

// The program pushes its answers out past our cork, at their end.
func TestAnswersPushedOutAreMoved(t *testing.T) {
	p := startProgram(t)
	for _, path := range []string{"/puma", "/tornado"} {
		for _, c := range []struct {
			name  string
			think time.Duration
			post  bool
			moved bool
		}{
			{"10 ms", 10 * time.Millisecond, false, true},
			{"10 ms, two writes", 10 * time.Millisecond, true, true},
			{"none", 0, false, false},
		} {
			t.Run(path[1:]+", "+c.name, func(t *testing.T) {
				cfg := p.config()
				cfg.Patience = 3 * time.Second
				limit := 20 * time.Second
				if !c.moved {
					limit = 2 * time.Second // they may outlast it, but unharmed
				}
				d := underLoad(t, p, cfg, limit, 100, many(8, client{paths: []string{path}, think: c.think, post: c.post})...)
				t.Logf("%v; %+v after %v", &d.tally, d.Report, d.took)
				if d.cut != 0 || d.broken.Load() != 0 {
					t.Errorf("%v; cut %d; %+v, %v", &d.tally, d.cut, d.Report, d.err)
				}
				if c.moved && (d.err != nil || d.Closed != 8 || d.took > cfg.Patience || d.raced.Load() > 2) {
					t.Errorf("%v; %+v, %v after %v; want 8 closed before patience ends", &d.tally, d.Report, d.err, d.took)
				}
			})
		}
	}
}

// The program lets the head go and the body later, always or among answers that
// it pushes out whole.
func TestAnswersPushedOutInPartsAreNotCut(t *testing.T) {
	for _, c := range []struct {
		name  string
		paths []string
		think time.Duration
	}{
		{"30 ms", []string{"/parted/30"}, 10 * time.Millisecond},
		{"30 ms, no pause", []string{"/parted/30"}, 0},
		{"5 ms", []string{"/parted/5"}, 10 * time.Millisecond},
		{"5 ms, no pause", []string{"/parted/5"}, 0},
		{"80 ms, no pause", []string{"/parted/80"}, 0},
		{"300 ms", []string{"/parted/300"}, 10 * time.Millisecond},
		{"300 ms, no pause", []string{"/parted/300"}, 0},
		{"among others", []string{"/puma", "/puma", "/puma", "/parted/30"}, 10 * time.Millisecond},
		{"rarely", append(repeat("/puma", 9), "/parted/30"), 10 * time.Millisecond},
		{"rarely, later", append(repeat("/puma", 14), "/parted/80"), 10 * time.Millisecond},
		{"rarely, last", append(repeat("/puma", 17), "/parted/80"), 10 * time.Millisecond},
		{"rarely, Nagle", append(repeat("/tornado", 16), "/parted/30"), 10 * time.Millisecond},
		{"corked, when the first answers are held", append(repeat("/puma", 14), "/corked/40"), 10 * time.Millisecond},
		{"rarely, corked", append(repeat("/varied", 30), "/corked/40"), 10 * time.Millisecond},
		{"rarely, corked, far apart", append(repeat("/varied", 30), "/corked/400"), 10 * time.Millisecond},
		{"rarely, large", append(repeat("/varied", 30), "/large/30"), 10 * time.Millisecond},
		{"rarely, no pause", append(repeat("/puma", 60), "/parted/30", "/parted/30"), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for tries := 3; ; tries-- { // a machine that is too busy to run the program adds pauses to answers that had none (docs/limits.md)
				p := startProgram(t)
				cfg := p.config()
				cfg.Patience = time.Minute
				d := underLoad(t, p, cfg, 1500*time.Millisecond, 16, many(8, client{paths: c.paths, think: c.think})...)
				t.Logf("%v; %+v after %v", &d.tally, d.Report, d.took)
				if d.cut == 0 && d.broken.Load() == 0 {
					return
				}
				if tries == 1 {
					t.Fatalf("%v; cut %d; %+v, %v", &d.tally, d.cut, d.Report, d.err)
				}
			}
		})
	}
}

func repeat(path string, n int) (paths []string) {
	for range n {
		paths = append(paths, path)
	}
	return paths
}
