//go:build linux

package e2e

import (
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// keeper runs a program whose WebSockets are to be kept.
func keeper(t *testing.T, dir string, env, args []string, command ...string) (h *hotswap, port string) {
	t.Helper()
	port = freePort(t)
	h = start(t, options{
		dir: dir, env: append([]string{"PORT=" + port}, env...), command: command,
		args: append([]string{"--no-watch", "--probation", "200ms"}, args...),
	})
	h.serving(1)
	return h, port
}

// swap asks for a new generation, and returns what became of the WebSockets of the
// one before.
func (h *hotswap) swap(to int) line {
	h.t.Helper()
	h.signal(syscall.SIGHUP)
	h.serving(to)
	return h.parted(to - 1)
}

func (h *hotswap) parted(gen int) line {
	h.t.Helper()
	return h.wait("what became of its WebSockets", func(l line) bool { return l.Event == "websockets" && l.Gen == gen })
}

// WebSockets go from process to process, and their clients notice nothing: no end,
// and no message is lost, doubled or out of order.
func TestWebSocketsMoveOn(t *testing.T) {
	t.Parallel()
	const clients, swaps = 20, 4
	h, port := keeper(t, webSockets(t), nil, []string{"--websocket", "keep:/feed"}, "node", "ws.cjs")
	d := beginDuplex(t, "ws://127.0.0.1:"+port+"/feed", clients)
	tr := begin(t, few(), load.ExampleChecks(), "127.0.0.1:"+port)
	d.at(1)
	for v := 2; v <= swaps+1; v++ {
		d.calm()
		if l := h.swap(v); l.Moved != clients || l.Told > 0 {
			t.Errorf("%d moved, %d told: %v", l.Moved, l.Told, l.Reasons)
		}
		d.at(v)
		h.drained(v - 1)
	}
	tr.end()
	s := d.end()
	if len(s.Closes) > 0 || s.Dials != clients || s.Moved != clients*swaps {
		t.Errorf("closes %v, %d openings, %d moves", s.Closes, s.Dials, s.Moved)
	}
	// The program pushes what happens while it has the client; the tick in between
	// is nobody's.
	if !s.Echoes.Whole() || s.Pushes.Doubled+s.Pushes.Disordered > 0 {
		t.Error("a message was lost, doubled or out of order")
	}
	t.Logf("the longest silence: %v", s.Longest.Length().Round(time.Millisecond))
}
