//go:build linux

package e2e

import (
	"maps"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// talkers is how many clients a server of WebSockets has, and saves how often it is saved.
const talkers, saves = 10, 2

// Every end of a WebSocket is told, and its client comes back.
func TestWebSocketsAreTold(t *testing.T) {
	t.Parallel()
	s := savedUnder(t)
	if want := uint64(talkers * saves); !maps.Equal(s.Closes, map[int]uint64{1012: want}) || uint64(len(s.Returns)) != want || s.Moved > 0 {
		t.Errorf("closes %v, %d returns; %d clients and %d saves", s.Closes, len(s.Returns), talkers, saves)
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
	if len(s.Closes) > 0 || s.Dials != talkers || s.Moved != talkers*saves {
		t.Errorf("closes %v, %d opened, %d moved; %d clients and %d saves", s.Closes, s.Dials, s.Moved, talkers, saves)
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
	var open int // descriptors after the first swap
	d := beginDuplex(t, "ws://127.0.0.1:"+port+"/internal/cdc", talkers)
	tr := begin(t, few(), load.ExampleChecks(), "127.0.0.1:"+port)
	d.at(1)
	for v := 2; v <= saves+1; v++ {
		d.calm()
		tr.answers(strconv.Itoa(v-1), 20)
		save(t, filepath.Join(dir, "src", "version.ts"), v)
		h.Serving(v)
		d.at(v)
		if l := h.Drained(v - 1); l.Killed {
			t.Error("it had to be killed")
		}
		if now := strings.Count(files(h.pid()), "socket:"); v == 2 {
			open = now
		} else if now > open+talkers/2 {
			t.Errorf("hotswap has %d sockets after %d saves, %d after one", now, v-1, open)
		}
	}
	d.calm()
	tr.end()
	return d.end()
}

// few is a load that only sees that the port never closes.
func few() []load.Kind { return []load.Kind{load.FreshGET(2), load.KeepAliveGET(2)} }
