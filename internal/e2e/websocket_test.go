//go:build linux

package e2e

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// full says that tests run in the size of docs/measured.md.
func full() bool { return os.Getenv("HOTSWAP_E2E_FULL") != "" }

// size is how many clients there are, and how many saves.
func size() (clients, saves int) {
	if full() {
		return 200, 20
	}
	return 60, 2
}

// Every end of a WebSocket is told, and its client is back at once; they are told
// together.
func TestWebSocketsAreTold(t *testing.T) {
	clients, saves := size()
	dir, port := project(t, "hono-cdc"), freePort(t)
	h := start(t, options{
		dir: dir, env: []string{"PORT=" + port}, args: []string{"--probation", "200ms"},
		command: []string{"npm", "run", "dev"},
	})
	h.serving(1)
	control := beginControl(t)
	d := beginDuplex(t, "ws://127.0.0.1:"+port+"/internal/cdc", clients)
	tr := begin(t, few(), load.ExampleChecks(), "127.0.0.1:"+port)
	d.at(1)
	for v := 2; v <= saves+1; v++ {
		tr.answers(strconv.Itoa(v-1), 50)
		save(t, filepath.Join(dir, "src", "version.ts"), v)
		h.serving(v)
		d.at(v)
		if l := h.drained(v - 1); l.Killed {
			t.Error("it had to be killed")
		}
	}
	tr.end()
	s := d.end()
	_, slowest := control.end()
	if want := uint64(clients * saves); !maps.Equal(s.Closes, map[int]uint64{1012: want}) || uint64(len(s.Returns)) != want || s.Moved > 0 {
		t.Errorf("closes %v, %d returns; %d clients and %d saves", s.Closes, len(s.Returns), clients, saves)
	}
	if !s.Echoes.Whole() || !s.Pushes.Whole() {
		t.Error("a message was lost, doubled or out of order on an open connection")
	}
	if took := s.Return(0.5); took > max(returned, starved*slowest) {
		t.Errorf("a client was back after %v, median", took)
	}
	for n, d := range tolds(s, clients) {
		t.Logf("swap %d: told within %v", n+1, d.Round(time.Millisecond))
		if d > max(time.Second, starved*slowest) {
			t.Errorf("swap %d: told within %v", n+1, d)
		}
	}
}

// A WebSocket lives on in the new process: nothing is lost, doubled or out of order
// in either direction, and nobody hears nothing for long.
func TestWebSocketsAreKept(t *testing.T) {
	for _, c := range []struct {
		name, path string
		resumes    bool // the program sees to it that what it pushes goes on
		// begin returns what makes a version the newest, which is what that one then answers.
		begin func(t *testing.T, port string) (h *hotswap, swap func(version int) (answers func() int))
	}{
		{"hono-cdc through npm run dev", "/internal/cdc", true, func(t *testing.T, port string) (*hotswap, func(int) func() int) {
			dir := project(t, "hono-cdc")
			h := start(t, options{
				dir: dir, env: []string{"PORT=" + port}, args: []string{"--websocket", "keep", "--probation", "200ms"},
				command: []string{"npm", "run", "dev"},
			})
			return h, func(v int) func() int {
				save(t, filepath.Join(dir, "src", "version.ts"), v)
				return func() int { return v }
			}
		}},
		{"ws, unmodified", "/feed", false, func(t *testing.T, port string) (*hotswap, func(int) func() int) {
			h := start(t, options{
				dir: webSockets(t), env: []string{"PORT=" + port}, args: []string{"--no-watch", "--websocket", "keep", "--probation", "200ms"},
				command: webSocketServers["ws"],
			})
			return h, func(v int) func() int {
				h.signal(syscall.SIGHUP)
				return func() int { return v }
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			clients, swaps := size()
			port := freePort(t)
			h, swap := c.begin(t, port)
			h.serving(1)
			control := beginControl(t)
			d := beginDuplex(t, "ws://127.0.0.1:"+port+c.path, clients)
			tr := begin(t, few(), load.ExampleChecks(), "127.0.0.1:"+port)
			d.at(1)
			var p phases
			for v := 2; v <= swaps+1; v++ {
				d.calm()
				saved := time.Now()
				version := swap(v)
				h.serving(v)
				serves := time.Now()
				d.at(version())
				if l := h.drained(v - 1); l.Killed {
					t.Error("it had to be killed")
				}
				p.boots, p.drains = append(p.boots, span{saved, serves}), append(p.drains, span{serves, time.Now()})
			}
			d.calm()
			tr.end()
			s := d.end()
			bare, slowest := control.end()
			t.Logf("longest silences: %s", p.longest(s))
			t.Logf("  of the control: %s", p.longest(bare))
			if len(s.Closes) > 0 || s.Dials != uint64(clients) || s.Moved != uint64(clients*swaps) {
				t.Errorf("closes %v, %d opened, %d moved; %d clients and %d swaps", s.Closes, s.Dials, s.Moved, clients, swaps)
			}
			if !s.Echoes.Whole() || s.Owed > 0 || c.resumes && !s.Pushes.Whole() || s.Pushes.Doubled+s.Pushes.Disordered > 0 {
				t.Error("a message was lost, doubled or out of order")
			}
			if l := s.Longest.Length(); l > max(silent, starved*slowest) {
				t.Errorf("a client heard nothing for %v", l)
			}
		})
	}
}

// silent is how long a client that is kept may hear nothing: twice what a quiet
// machine takes, for this one seldom is (docs/measured.md).
const silent = 500 * time.Millisecond

// returned is the time after which a client should be back. Asked for is the median:
// that of the last of 200 clients, who all come in one moment to a process that has
// just begun, is reported.
const returned = 100 * time.Millisecond

// tolds is, for each swap, how long after the first client the last one was told.
func tolds(s load.DuplexStats, clients int) (tolds []time.Duration) {
	var ends []time.Time
	for _, r := range s.Returns {
		ends = append(ends, r.Ended)
	}
	slices.SortFunc(ends, time.Time.Compare)
	for swap := range slices.Chunk(ends, clients) {
		tolds = append(tolds, swap[len(swap)-1].Sub(swap[0]))
	}
	return tolds
}

// few is a load that only sees that the port never closes.
func few() []load.Kind { return []load.Kind{load.FreshGET(2), load.KeepAliveGET(2)} }
