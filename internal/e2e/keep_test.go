//go:build linux

package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

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

// Where files are watched, event streams and WebSockets leave at the cutover, in probation. A client that has moved may have
// been silent all the time. After a rollback it moves back.
func TestWebSocketsLeaveAtTheCutover(t *testing.T) {
	t.Parallel()
	h := start(t, options{
		dir: webSockets(t), command: words("node moves.cjs"),
		args: words("--probation 1h --websocket keep"),
	})
	h.Serving(1)
	stream := testkit.Dial(t, h.addr())
	fmt.Fprint(stream, "GET /events HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\nCache-Control: no-cache\r\n\r\n")
	events, err := http.ReadResponse(bufio.NewReader(stream), nil)
	if err != nil {
		t.Fatal(err)
	}
	silent, told := dialFrames(t, h.port, "/version", ""), dialFrames(t, h.port, "/deflate", "Sec-WebSocket-Extensions: permessage-deflate\r\n")
	hears := func(want string) {
		t.Helper()
		if got, err := silent.hear(); err != nil || got != want {
			t.Fatalf("the client hears %q, %v; want %q", got, err, want)
		}
	}
	hears("1")
	h.signal(syscall.SIGHUP)
	h.Serving(2)
	hears("2")
	silent.say("?")
	hears("again 2")
	if got, err := told.hear(); err == nil || err.Error() != "closed: 1012 service restart" {
		t.Errorf("the other client hears %q, %v", got, err)
	}
	if all, err := io.ReadAll(events.Body); err != nil || string(all) != "data: 1\n\n" {
		t.Errorf("the stream: %q, %v", all, err)
	}
	h.does("rollback")
	hears("1")
	silent.say("?")
	hears("again 1")
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
