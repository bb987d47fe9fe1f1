//go:build linux

package e2e

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/load"
)

// A Go program that drains its WebSockets by itself: each client is told by 1012 and comes back to
// the next process, no message is lost on an open connection, and what was echoed was counted once.
// Without events the connections look like those of HTTP, which hotswap ends between two requests.
func TestGoDrainsItsWebSockets(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/feed", "/feed?events=none"} {
		t.Run(path, func(t *testing.T) { drainsItsWebSockets(t, path) })
	}
}

func drainsItsWebSockets(t *testing.T, path string) {
	clients, swaps := size()
	port := freePort(t)
	server := goWebSocket(t)
	h := start(t, options{
		dir: t.TempDir(), env: []string{"PORT=" + port}, args: []string{"--no-watch", "--probation", brief}, command: []string{server},
	})
	h.Serving(1)
	d := beginDuplex(t, "ws://127.0.0.1:"+port+path, clients)
	ping := load.ExampleChecks()
	tr := begin(t, []load.Kind{load.FreshGET(2)}, ping, "127.0.0.1:"+port)
	d.at(1)
	for v := 2; v <= swaps+1; v++ {
		h.signal(syscall.SIGHUP)
		h.Serving(v)
		d.at(v)
		if l := h.Drained(v - 1); l.Killed {
			t.Errorf("generation %d had to be killed", v-1)
		}
	}
	d.calm()
	tr.end()
	s := d.end()
	if want := uint64(clients * swaps); !maps.Equal(s.Closes, map[int]uint64{1012: want}) || uint64(len(s.Returns)) != want {
		t.Errorf("closes %v, %d returns; %d clients and %d swaps", s.Closes, len(s.Returns), clients, swaps)
	}
	if !s.Echoes.Whole() || !s.Pushes.Whole() {
		t.Error("a message was lost, doubled or out of order on an open connection")
	}
	var counted uint64
	res, err := http.Get("http://127.0.0.1:" + port + "/messages")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	if _, err := fmt.Sscan(string(b), &counted); err != nil || counted < s.Echoes.Received || counted > s.Sent {
		t.Errorf("%d messages counted (%v), %d echoed, %d sent", counted, err, s.Echoes.Received, s.Sent)
	}
	if n := strings.Count(h.Log(), "has sent its clients on"); n != swaps {
		t.Errorf("%d processes sent their clients on", n)
	}
}

// goWebSocket builds examples/state/go-websocket.
func goWebSocket(t *testing.T) string {
	t.Helper()
	server := filepath.Join(t.TempDir(), "server")
	if err := e2etest.Build(server, "./examples/state/go-websocket", []string{"CGO_ENABLED=0"}); err != nil {
		t.Fatal(err)
	}
	return server
}
