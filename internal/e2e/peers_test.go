//go:build linux

package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// webSockets is the folder of servers and clients, its packages installed.
func webSockets(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(root, "internal/e2e/testdata/websockets")
	install(t, dir)
	return dir
}

// peerClients is how many peers a server has, and peerSwaps how often it is swapped.
const peerClients, peerSwaps = 5, 2

// peers are WebSocket clients by another library than ours, in a process of theirs.
type peers struct {
	t      *testing.T
	report func() string // the newest, a peerTally
	leave  func()        // tells them that it is over
}

// peerTally is what they report, see testdata/websockets/tally.mjs.
type peerTally struct {
	Opened, Sent, Owed, Moved, Other int
	Closes                           map[string]int
	Back                             []float64 // ms
	Echoes, Pushes                   peerSeries
	Longest                          float64        // ms
	Versions                         map[string]int // how many connections are at it
	Over                             bool
}

type peerSeries struct{ Received, Lost, Doubled, Disordered int }

func (s peerSeries) whole() bool { return s.Lost+s.Doubled+s.Disordered == 0 }

// begin makes a library's clients; path is that of the WebSocket.
type beginPeers func(t *testing.T, port string, clients int, path string) *peers

// commandPeers are clients that report on standard output until standard input ends.
func commandPeers(command ...string) beginPeers {
	return func(t *testing.T, port string, clients int, path string) *peers {
		t.Helper()
		cmd := exec.Command(command[0], append(command[1:], port, strconv.Itoa(clients), path)...)
		cmd.Dir, cmd.Stderr = webSockets(t), os.Stderr
		in := testkit.Must(cmd.StdinPipe())(t)
		p := testkit.Start(t, cmd)
		return &peers{t, func() string {
			lines := strings.TrimSpace(p.Output())
			return lines[strings.LastIndex(lines, "\n")+1:]
		}, func() { in.Close() }}
	}
}

// chromium are clients in a headless browser.
func chromium(t *testing.T, port string, clients int, path string) *peers {
	t.Helper()
	var last, over atomic.Value // texts
	last.Store("")
	over.Store("")
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServer(http.Dir(webSockets(t))))
	mux.HandleFunc("POST /report", func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		last.Store(string(b))
		io.WriteString(w, over.Load().(string))
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	beginChromium(t, srv.URL+"/browser.html?"+port+"&"+strconv.Itoa(clients)+"&"+path)
	return &peers{t, func() string { return last.Load().(string) }, func() { over.Store("over") }}
}

// await waits until what they have reported satisfies want.
func (p *peers) await(what string, want func(peerTally) bool) (n peerTally) {
	p.t.Helper()
	testkit.Eventually(p.t, func() error {
		n = peerTally{}
		if err := json.Unmarshal([]byte(p.report()), &n); err != nil || !want(n) {
			return fmt.Errorf("the clients do not report: %s; %v, at %v (%v)", what, n, n.Versions, err)
		}
		return nil
	})
	return n
}

// at waits until all connections have heard this version last.
func (p *peers) at(version int) {
	p.t.Helper()
	p.await(fmt.Sprintf("all at version %d", version), func(n peerTally) bool { return n.Versions[strconv.Itoa(version)] == peerClients })
}

// end waits for their last report.
func (p *peers) end() peerTally {
	p.t.Helper()
	p.leave()
	n := p.await("it is over", func(n peerTally) bool { return n.Over })
	p.t.Logf("%+v", n)
	if n.Other > 0 {
		p.t.Errorf("%d messages that nobody should have sent", n.Other)
	}
	return n
}

// wereTold demands that every connection ended by 1012 at every swap, and no other way.
func (n peerTally) wereTold(t *testing.T) {
	t.Helper()
	if want := map[string]int{"1012": peerClients * peerSwaps}; !maps.Equal(n.Closes, want) || n.Moved > 0 {
		t.Errorf("closes %v and %d moved, want %v", n.Closes, n.Moved, want)
	}
	if !n.Echoes.whole() || !n.Pushes.whole() {
		t.Error("a message was lost, doubled or out of order on an open connection")
	}
}

// wereKept demands that no connection ended, and that nothing was lost.
func (n peerTally) wereKept(t *testing.T) {
	t.Helper()
	if len(n.Closes) > 0 || n.Opened != peerClients || n.Moved != peerClients*peerSwaps {
		t.Errorf("closes %v, %d opened, %d moved; want %d and %d", n.Closes, n.Opened, n.Moved, peerClients, peerClients*peerSwaps)
	}
	if !n.Echoes.whole() || n.Owed > 0 || n.Pushes.Doubled+n.Pushes.Disordered > 0 {
		t.Error("a message was lost, doubled or out of order")
	}
}
