//go:build linux

package e2e

import (
	"maps"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/load"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// talkers is how many clients a server of WebSockets has.
const talkers = 10

// A server is saved through npm run dev. Its WebSockets live on in the new process: nothing is lost, doubled or out of
// order in either direction, and hotswap has no socket more.
func TestWebSocketsAreKept(t *testing.T) {
	t.Parallel()
	dir := project(t, "hono-cdc")
	h := start(t, options{
		dir: dir, args: []string{"--probation", brief, "--ready-timeout", patience.String(), "--websocket", "keep"},
		command: []string{"npm", "run", "dev"},
	})
	tr := h.under([]load.Kind{load.FreshGET(2), load.KeepAliveGET(2)})
	d := beginDuplex(t, "ws://"+h.addr()+"/internal/cdc", talkers)
	d.at(1)
	d.calm()
	open := strings.Count(files(h.pid()), "socket:")
	save(t, filepath.Join(dir, "src", "version.ts"), 2)
	h.Serving(2)
	d.at(2)
	h.drains(1)
	if now := strings.Count(files(h.pid()), "socket:"); now > open+talkers/2 {
		t.Errorf("hotswap has %d sockets after the swap, %d before", now, open)
	}
	d.calm()
	tr.end(t)
	s := d.end()
	if len(s.Closes) > 0 || s.Dials != talkers || s.Moved != talkers {
		t.Errorf("closes %v, %d opened, %d moved; %d clients", s.Closes, s.Dials, s.Moved, talkers)
	}
	if !s.Echoes.Whole() || s.Owed > 0 || !s.Pushes.Whole() {
		t.Error("a message was lost, doubled or out of order")
	}
}

// A Go program that drains its WebSockets by itself: each client is told by 1012 and comes back to
// the next process, and no message is lost on an open connection.
func TestGoDrainsItsWebSockets(t *testing.T) {
	t.Parallel()
	server := filepath.Join(t.TempDir(), "server")
	testkit.NoError(t, e2etest.Build(server, "./examples/state/go-websocket", []string{"CGO_ENABLED=0"}))
	h := start(t, options{dir: t.TempDir(), args: []string{"--no-watch", "--probation", brief}, command: []string{server}})
	h.Serving(1)
	d := beginDuplex(t, "ws://"+h.addr()+"/feed", talkers)
	tr := h.load([]load.Kind{load.FreshGET(2)})
	d.at(1)
	h.signal(syscall.SIGHUP)
	h.Serving(2)
	d.at(2)
	h.drains(1)
	d.calm()
	tr.end(t)
	s := d.end()
	if !maps.Equal(s.Closes, map[int]uint64{1012: talkers}) || len(s.Returns) != talkers {
		t.Errorf("closes %v, %d returns; %d clients", s.Closes, len(s.Returns), talkers)
	}
	if !s.Echoes.Whole() || !s.Pushes.Whole() {
		t.Error("a message was lost, doubled or out of order on an open connection")
	}
	if n := strings.Count(h.Log(), "has sent its clients on"); n != 1 {
		t.Errorf("%d processes sent their clients on", n)
	}
}
