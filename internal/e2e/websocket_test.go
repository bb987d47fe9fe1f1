//go:build linux

package e2e

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/load"
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
