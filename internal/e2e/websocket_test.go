//go:build linux

package e2e

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// duplex are WebSocket clients that send every 40 ms and hear every 50 ms, until they
// are ended.
type duplex struct {
	t       testing.TB
	d       *load.Duplex
	clients int
	cancel  context.CancelFunc
}

func beginDuplex(t testing.TB, url string, clients int) *duplex {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	d := &duplex{t: t, d: load.NewDuplex(load.DuplexConfig{URL: url, Clients: clients}), clients: clients, cancel: cancel}
	go d.d.Run(ctx)
	t.Cleanup(func() {
		cancel()
		d.d.Wait()
	})
	return d
}

func (d *duplex) await(what string, want func(load.DuplexStats) bool) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := d.d.Await(ctx, want); err != nil {
		s := d.d.Stats()
		d.t.Fatalf("%s: %v\n%v\nversions %v", what, err, s, s.Versions)
	}
}

// at waits until every client has heard this version last.
func (d *duplex) at(version int) {
	d.t.Helper()
	d.await("all at version "+strconv.Itoa(version), func(s load.DuplexStats) bool {
		return s.Versions[strconv.Itoa(version)] == d.clients
	})
}

// calm waits until every client has heard some 30 further messages.
func (d *duplex) calm() {
	d.t.Helper()
	from := d.d.Stats()
	d.await("further messages", func(s load.DuplexStats) bool {
		return s.Echoes.Received+s.Pushes.Received > from.Echoes.Received+from.Pushes.Received+uint64(30*d.clients)
	})
}

func (d *duplex) end() load.DuplexStats {
	d.t.Helper()
	d.cancel()
	s := d.d.Wait()
	d.t.Logf("%d clients: %v", d.clients, s)
	if s.Other > 0 || len(s.Failed) > 0 {
		d.t.Errorf("%d messages that nobody should have sent; openings failed: %v", s.Other, s.Failed)
	}
	return s
}

// full says that tests run in the size of docs/measured.md.
func full() bool { return os.Getenv("HOTSWAP_E2E_FULL") != "" }

// size is how many clients there are, and how many saves.
func size() (clients, saves int) {
	if full() {
		return 200, 20
	}
	return 100, 6
}

// Every end of a WebSocket is told, and its client is back at once; they are told
// together, or evenly over the spread.
func TestWebSocketsAreTold(t *testing.T) {
	for _, spread := range []time.Duration{0, time.Second} {
		t.Run("spread "+spread.String(), func(t *testing.T) {
			clients, saves := size()
			if spread > 0 {
				saves = 2
			}
			dir, port := project(t, "hono-cdc"), freePort(t)
			h := start(t, options{
				dir: dir, env: []string{"PORT=" + port}, args: []string{"--websocket-spread", spread.String(), "--probation", "200ms"},
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
			s, slowest := d.end(), control.end()
			if want := uint64(clients * saves); !maps.Equal(s.Closes, map[int]uint64{1012: want}) || uint64(len(s.Returns)) != want || s.Moved > 0 {
				t.Errorf("closes %v, %d returns; %d clients and %d saves", s.Closes, len(s.Returns), clients, saves)
			}
			if !s.Echoes.Whole() || !s.Pushes.Whole() {
				t.Error("a message was lost, doubled or out of order on an open connection")
			}
			if took := s.Return(0.5); took > max(returned, 2*slowest) {
				t.Errorf("a client was back after %v, median", took)
			}
			for n, d := range tolds(s, clients) {
				t.Logf("swap %d: told within %v", n+1, d.Round(time.Millisecond))
				if d < spread*2/3 || d > spread+patience/60 {
					t.Errorf("swap %d: told within %v", n+1, d)
				}
			}
		})
	}
}

// returned is the time after which a client should be back. Asked for is the median:
// that of the last of 200 clients, who all come in one moment to a process that has
// just begun, is reported.
const returned = 100 * time.Millisecond

// control is a bare server with a few clients, beside: what these wait is the
// machine's doing. Limits of time are raised to twice that.
type control struct{ *duplex }

func beginControl(t testing.TB) control {
	t.Helper()
	port := freePort(t)
	t.Cleanup(bare(t, webSockets(t), []string{"PORT=" + port}, "node", "ws.cjs"))
	reachable(t, "127.0.0.1:"+port)
	return control{beginDuplex(t, "ws://127.0.0.1:"+port+"/feed", 5)}
}

// end is the longest that one of its clients heard nothing.
func (c control) end() time.Duration {
	c.t.Helper()
	s := c.duplex.end()
	if len(s.Closes) > 0 || !s.Echoes.Whole() || !s.Pushes.Whole() {
		c.t.Errorf("the control, which is not swapped, lost something")
	}
	return max(s.Longest.Length(), s.LongestEcho)
}

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
