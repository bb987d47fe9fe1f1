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

// A Go program that drains its WebSockets by itself: each client is told by 1012 and comes back to
// the next process, and no message is lost on an open connection.
// Without events the connections look like those of HTTP, which hotswap ends between two requests.
func TestGoDrainsItsWebSockets(t *testing.T) {
	t.Parallel()
	server := filepath.Join(t.TempDir(), "server")
	testkit.NoError(t, e2etest.Build(server, "./examples/state/go-websocket", []string{"CGO_ENABLED=0"}))
	for _, path := range []string{"/feed", "/feed?events=none"} {
		t.Run(path, func(t *testing.T) {
			spare(t, path != "/feed")
			t.Parallel()
			h := start(t, options{dir: t.TempDir(), args: []string{"--no-watch", "--probation", brief}, command: []string{server}})
			h.Serving(1)
			d := beginDuplex(t, "ws://"+h.addr()+path, talkers)
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
		})
	}
}
