//go:build linux

package e2e

import (
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// talkers is how many clients a server of WebSockets has.
const talkers = 10

// Every end of a WebSocket is told, and its client comes back.
func TestWebSocketsAreTold(t *testing.T) {
	t.Parallel()
	s := savedUnder(t)
	if !maps.Equal(s.Closes, map[int]uint64{1012: talkers}) || len(s.Returns) != talkers || s.Moved > 0 {
		t.Errorf("closes %v, %d returns; %d clients", s.Closes, len(s.Returns), talkers)
	}
	if !s.Echoes.Whole() || !s.Pushes.Whole() {
		t.Error("a message was lost, doubled or out of order on an open connection")
	}
}

// A WebSocket lives on in the new process: nothing is lost, doubled or out of order
// in either direction.
func TestWebSocketsAreKept(t *testing.T) {
	t.Parallel()
	s := savedUnder(t, "--websocket", "keep")
	if len(s.Closes) > 0 || s.Dials != talkers || s.Moved != talkers {
		t.Errorf("closes %v, %d opened, %d moved; %d clients", s.Closes, s.Dials, s.Moved, talkers)
	}
	if !s.Echoes.Whole() || s.Owed > 0 || !s.Pushes.Whole() {
		t.Error("a message was lost, doubled or out of order")
	}
}

// savedUnder saves a server through npm run dev while clients of its WebSocket talk to it, and
// returns what these have seen.
func savedUnder(t *testing.T, args ...string) load.DuplexStats {
	t.Helper()
	dir, port := project(t, "hono-cdc"), freePort(t)
	h := start(t, options{
		dir: dir, env: []string{"PORT=" + port}, args: append([]string{"--probation", brief, "--ready-timeout", patience.String()}, args...),
		command: []string{"npm", "run", "dev"},
	})
	h.Serving(1)
	d := beginDuplex(t, "ws://127.0.0.1:"+port+"/internal/cdc", talkers)
	tr := begin(t, few(), load.ExampleChecks(), "127.0.0.1:"+port)
	d.at(1)
	d.calm()
	tr.answers("1", 20)
	open := strings.Count(files(h.pid()), "socket:")
	save(t, filepath.Join(dir, "src", "version.ts"), 2)
	h.Serving(2)
	d.at(2)
	if l := h.Drained(1); l.Killed {
		t.Error("it had to be killed")
	}
	if now := strings.Count(files(h.pid()), "socket:"); now > open+talkers/2 {
		t.Errorf("hotswap has %d sockets after the swap, %d before", now, open)
	}
	d.calm()
	tr.end()
	return d.end()
}

// few is a load that only sees that the port never closes.
func few() []load.Kind { return []load.Kind{load.FreshGET(2), load.KeepAliveGET(2)} }
