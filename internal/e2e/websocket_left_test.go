//go:build linux

package e2e

import (
	"maps"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// uvicorn tells the clients of its WebSockets 1012 when it is told to stop. Below hotswap they hear the same,
// although they send and are answered all the time, and uvicorn ends by itself.
func TestUvicornTellsItsWebSockets(t *testing.T) {
	t.Parallel()
	const clients, swaps = 5, 3
	port := freePort(t)
	dir, err := filepath.Abs("testdata/websockets")
	if err != nil {
		t.Fatal(err)
	}
	h := start(t, options{
		dir: t.TempDir(), args: []string{"--no-watch", "--probation", brief},
		command: []string{"/usr/bin/python3", "-m", "uvicorn", "app:app", "--app-dir", dir, "--port", port, "--ws", "wsproto", "--log-level", "warning"},
	})
	h.serving(1)
	d := beginDuplex(t, "ws://127.0.0.1:"+port+"/feed", clients)
	tr := begin(t, []load.Kind{load.FreshGET(2), load.KeepAliveGET(4)}, load.ExampleChecks(), "127.0.0.1:"+port)
	d.at(1)
	for v := 2; v <= swaps+1; v++ {
		h.signal(syscall.SIGHUP)
		h.serving(v)
		d.at(v)
		if l := h.drained(v - 1); l.Killed {
			t.Errorf("generation %d had to be killed", v-1)
		}
	}
	d.calm()
	tr.end()
	if s := d.end(); !maps.Equal(s.Closes, map[int]uint64{1012: clients * swaps}) {
		t.Errorf("closes %v, want %d times 1012", s.Closes, clients*swaps)
	}
}
