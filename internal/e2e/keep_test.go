//go:build linux

package e2e

import (
	"crypto/tls"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// webSockets is the folder of servers and clients, its packages installed.
func webSockets(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(root, "internal/e2e/testdata/websockets")
	install(t, dir)
	return dir
}

// keeper runs a program whose WebSockets are to be kept.
func keeper(t *testing.T, dir string, env, args []string, command ...string) (h *hotswap, port string) {
	t.Helper()
	port = freePort(t)
	h = start(t, options{
		dir: dir, env: append([]string{"PORT=" + port}, env...), command: command,
		args: append([]string{"--no-watch", "--probation", "200ms"}, args...),
	})
	h.Serving(1)
	return h, port
}

// swap asks for a new generation, and returns what became of the WebSockets of the
// one before.
func (h *hotswap) swap(to int) line {
	h.t.Helper()
	h.signal(syscall.SIGHUP)
	h.Serving(to)
	return h.parted(to - 1)
}

func (h *hotswap) parted(gen int) line {
	h.t.Helper()
	return h.Wait("what became of its WebSockets", e2etest.Of("websockets", gen))
}

// talks is a client that goes on talking over some swaps.
type talks struct {
	path, more string
	talk       func(f *framer, over <-chan struct{}) error
}

// echoes says messages one by one, and wants each back.
func echoes(send func(f *framer, n int) string) func(*framer, <-chan struct{}) error {
	return func(f *framer, over <-chan struct{}) error {
		for n := 0; ; n++ {
			want := send(f, n)
			if got, err := f.hear(); err != nil || got != want {
				return fmt.Errorf("message %d: %d bytes came, not %d: %w", n, len(got), len(want), err)
			}
			select {
			case <-over:
				return nil
			default:
			}
		}
	}
}

var anyState = map[string]talks{
	"a megabyte in parts": {"/echo", "", echoes(func(f *framer, n int) string {
		text := strings.Repeat(strconv.Itoa(n%10), 1<<20)
		f.send(opBinary, true, text, 1<<16, 10*time.Millisecond)
		return text
	})},
	"fragments and pings": {"/echo?a=b", "Sec-WebSocket-Protocol: one, two\r\n", echoes(func(f *framer, n int) string {
		f.send(opText, false, "a", 1, time.Millisecond)
		f.send(opPing, true, "ping", 3, 10*time.Millisecond)
		f.send(opMore, false, "b", 1, time.Millisecond)
		f.send(opMore, true, strconv.Itoa(n), 2, time.Millisecond)
		return "ab" + strconv.Itoa(n)
	})},
	// Each is answered 50 ms later: two or three are under way at any moment.
	"answers that take their time": {"/later", "", func(f *framer, over <-chan struct{}) error {
		for n := 0; ; n++ {
			f.say(strconv.Itoa(n))
			if n < 2 {
				continue
			}
			if got, err := f.hear(); err != nil || got != strconv.Itoa(n-2) {
				return fmt.Errorf("answer %d is %q: %w", n-2, got, err)
			}
			select {
			case <-over:
				return nil
			default:
			}
		}
	}},
	"messages without an answer": {"/count", "", func(f *framer, over <-chan struct{}) error {
		for n := 0; ; n++ {
			select {
			case <-over:
				f.say("?")
				if got, err := f.hear(); err != nil || got != strconv.Itoa(n) {
					return fmt.Errorf("%s of %d messages have come: %w", got, n, err)
				}
				return nil
			case <-time.After(3 * time.Millisecond):
				f.say(strconv.Itoa(n))
			}
		}
	}},
	"a client that reads slowly": {"/flood", "", func(f *framer, over <-chan struct{}) error {
		for n := 0; ; n++ {
			f.say(strconv.Itoa(n))
			for i := range 40 {
				got, err := f.hear()
				if want := fmt.Sprintf("%d.%d", n, i); err != nil || strings.TrimSpace(got) != want {
					return fmt.Errorf("%.20q came, not %s: %w", got, want, err)
				}
				time.Sleep(2 * time.Millisecond)
			}
			select {
			case <-over:
				return nil
			default:
			}
		}
	}},
	// What is read in one piece holds the end of one message and the beginning of others.
	"messages without a pause": {"/echo", "", func(f *framer, over <-chan struct{}) error {
		text := func(n int) string { return fmt.Sprintf("%-30000d", n) }
		var writing sync.WaitGroup
		defer writing.Wait()
		writing.Go(func() {
			for n := 0; ; n += 7 {
				var b []byte
				for i := range 7 {
					b = append(b, framed(opText, true, text(n+i))...)
				}
				f.write(b, 20000, time.Millisecond)
				select {
				case <-over:
					f.say("end")
					return
				default:
				}
			}
		})
		for n := 0; ; n++ {
			got, err := f.hear()
			if got == "end" {
				return nil
			}
			if err != nil || got != text(n) {
				return fmt.Errorf("%.20q came, not %d: %w", got, n, err)
			}
		}
	}},
}

// Whatever a connection is doing when its process is replaced, nothing is lost,
// doubled or out of order.
func TestWebSocketsMoveInAnyState(t *testing.T) {
	t.Parallel()
	for name, as := range map[string]string{"one thread": "", "cluster": "cluster"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, port := keeper(t, webSockets(t), []string{"AS=" + as}, []string{"--websocket", "keep", "--drain-timeout",
				patience.String()}, "node", "moves.cjs")
			over, before := make(chan struct{}), strings.Count(opened(h.pid()), "socket:")
			var talking sync.WaitGroup
			for name, c := range anyState {
				f := dialFrames(t, port, c.path, c.more)
				talking.Go(func() {
					if err := c.talk(f, over); err != nil {
						t.Errorf("%s: %v", name, err)
					}
				})
			}
			for v := 2; v <= 3; v++ {
				time.Sleep(300 * time.Millisecond) // of talk; when the order comes is chance
				if l := h.swap(v); l.Moved != len(anyState) || l.Told > 0 {
					t.Errorf("swap to %d: %d of %d moved: %v", v, l.Moved, len(anyState), l.Reasons)
				}
			}
			close(over)
			talking.Wait()
			h.Drained(2)
			testkit.Eventually(t, func() error { // a standby that boots has some
				if now := strings.Count(opened(h.pid()), "socket:"); as == "" && now > before+len(anyState)-1 {
					return fmt.Errorf("hotswap has %d sockets after the swaps, %d before", now, before)
				}
				return nil
			})
		})
	}
}

// What cannot move is told, by the one who sees it, and hotswap says why.
func TestWebSocketsToldInstead(t *testing.T) {
	t.Parallel()
	h, port := keeper(t, webSockets(t), nil, []string{"--websocket", "keep"}, "node", "moves.cjs")
	for name, c := range map[string]struct{ path, more, why string }{
		"compressed": {"/deflate", "Sec-WebSocket-Extensions: permessage-deflate\r\n",
			"permessage-deflate keeps its state in the process"},
		"socket.io":      {"/socket.io/?EIO=4&transport=websocket", "", "socket.io keeps its session in the process"},
		"refused":        {"/once", "", "the new process answers 401"},
		"its own reason": {"/fails", "", "onHandoff failed: not now"},
	} {
		f := dialFrames(t, port, c.path, c.more)
		defer func() {
			if got, err := f.hear(); err == nil || err.Error() != "closed: 1012 service restart" {
				t.Errorf("%s: the client hears %q, %v", name, got, err)
			}
		}()
	}
	l := h.swap(2)
	want := []string{
		"onHandoff failed: not now", "permessage-deflate keeps its state in the process",
		"socket.io keeps its session in the process", "the new process answers 401",
	}
	if l.Moved != 0 || l.Told != 4 || !slices.Equal(l.Reasons, want) {
		t.Errorf("%d moved, %d told: %q", l.Moved, l.Told, l.Reasons)
	}
}

// Who is in the midst of a message, or reads nothing, is told in time for the rest of
// the drain; and when hotswap ends, all are.
func TestWebSocketsThatDoNotComeToRest(t *testing.T) {
	t.Parallel()
	h, port := keeper(t, webSockets(t), nil, []string{"--websocket", "keep", "--drain-timeout", "6s"}, "node",
		"moves.cjs")
	half, deaf, fine := dialFrames(t, port, "/echo", ""), dialFrames(t, port, "/flood", ""),
		dialFrames(t, port, "/later", "")
	half.write(framed(opText, true, "hello")[:8], 8, 0)
	for n := range 20 { // 25 MiB: more than the kernel takes
		deaf.say(strconv.Itoa(n))
	}
	fine.say("here")
	if got, err := fine.hear(); err != nil || got != "here" {
		t.Fatalf("%q, %v", got, err)
	}
	h.signal(syscall.SIGHUP)
	h.Serving(2)
	if _, err := half.hear(); err == nil || err.Error() != "closed: 1012 service restart" {
		t.Errorf("in the midst of a message: %v", err)
	}
	l := h.parted(1)
	want := []string{"a message of the client did not end in time", "the client did not read in time"}
	if l.Moved != 1 || !slices.Equal(l.Reasons, want) {
		t.Errorf("%d moved: %q", l.Moved, l.Reasons)
	}
	fine.say("again")
	if got, err := fine.hear(); err != nil || got != "again" {
		t.Fatalf("%q, %v", got, err)
	}
	h.signal(syscall.SIGTERM)
	if _, err := fine.hear(); err == nil || err.Error() != "closed: 1001 going away" {
		t.Errorf("when hotswap ends: %v", err)
	}
}

// What is encrypted in the process stays there.
func TestWebSocketsBelowTLSAreTold(t *testing.T) {
	t.Parallel()
	certificate := filepath.Join(t.TempDir(), "secret.pem")
	writeCertificate(t, certificate)
	h, port := keeper(t, webSockets(t), []string{"AS=tls", "PEM=" + awaitFile(t, certificate)},
		[]string{"--websocket", "keep"}, "node", "moves.cjs")
	f := upgrade(t, tls.Client(testkit.Dial(t, "127.0.0.1:"+port), &tls.Config{InsecureSkipVerify: true}), "/echo", "")
	l := h.swap(2)
	if _, err := f.hear(); err == nil || err.Error() != "closed: 1012 service restart" {
		t.Errorf("%v", err)
	}
	if l.Told != 1 || !slices.Equal(l.Reasons, []string{"TLS ends in the process"}) {
		t.Errorf("%d told: %q", l.Told, l.Reasons)
	}
}
