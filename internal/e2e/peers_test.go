//go:build linux

package e2e

import (
	"bufio"
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
	"sync"
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
	t     *testing.T
	leave func() // tells them that it is over

	mu    sync.Mutex // guards what follows
	cond  *sync.Cond
	tally peerTally
	gone  bool // their process has ended
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

func newPeers(t *testing.T) *peers {
	p := &peers{t: t}
	p.cond = sync.NewCond(&p.mu)
	return p
}

// commandPeers are clients that report on standard output until standard input ends.
func commandPeers(command ...string) beginPeers {
	return func(t *testing.T, port string, clients int, path string) *peers {
		t.Helper()
		p := newPeers(t)
		cmd := exec.Command(command[0], append(command[1:], port, strconv.Itoa(clients), path)...)
		cmd.Dir, cmd.Stderr = webSockets(t), os.Stderr
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		p.leave = func() { in.Close() }
		read := make(chan struct{})
		go func() {
			defer close(read)
			for s := bufio.NewScanner(out); s.Scan(); {
				p.report(s.Bytes())
			}
			p.left()
		}()
		t.Cleanup(func() {
			in.Close()
			_ = cmd.Process.Kill()
			<-read
			_ = cmd.Wait()
		})
		return p
	}
}

// chromium are clients in a headless browser.
func chromium(t *testing.T, port string, clients int, path string) *peers {
	t.Helper()
	p := newPeers(t)
	over := make(chan struct{})
	p.leave = sync.OnceFunc(func() { close(over) })
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServer(http.Dir(webSockets(t))))
	mux.HandleFunc("POST /report", func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		p.report(b)
		select {
		case <-over:
			io.WriteString(w, "over")
		default:
		}
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	browser := beginChromium(t, srv.URL+"/browser.html?"+port+"&"+strconv.Itoa(clients)+"&"+path)
	go func() { <-browser.Done; p.left() }()
	return p
}

func (p *peers) report(line []byte) {
	var n peerTally
	if err := json.Unmarshal(line, &n); err != nil {
		p.t.Errorf("%v in %q", err, line)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tally = n
	p.cond.Broadcast()
}

func (p *peers) left() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gone = true
	p.cond.Broadcast()
}

// await waits until what they have reported satisfies want.
func (p *peers) await(what string, want func(peerTally) bool) peerTally {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	testkit.Await(p.cond, func() bool { return want(p.tally) || p.gone })
	if !want(p.tally) {
		p.t.Fatalf("the clients do not report: %s (ended: %v); %v, at %v", what, p.gone, p.tally, p.tally.Versions)
	}
	return p.tally
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
