//go:build linux

package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/handoff"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node"
	"github.com/hotswap-dev/hotswap/handoff/runtime/node/websocket"
	"github.com/hotswap-dev/hotswap/handoff/scratch"
)

// side is one of two processes between which WebSockets go to and fro.
type side struct {
	adapters *node.Session
	pid      int
	host     string
	port     string
}

const toAndFro = `
const http = require('http'), { WebSocketServer } = require('ws')
const server = http.createServer((q, r) => r.end('ok'))
new WebSocketServer({ server }).on('connection', (ws, req) => ws.on('message', (m) => {
  if (req.url !== '/heap') return ws.send(process.env.HOST + ' ' + m)
  setTimeout(() => { gc(); ws.send(String(process.memoryUsage().heapUsed)) }, 100)
}))
server.listen(process.env.PORT, process.env.HOST)
server.address = () => ({ address: '0.0.0.0' }) // two generations have one address, which two bare processes cannot
`

func beginSide(t *testing.T, tr *node.Transport, gen handoff.GenID, host, port string) *side {
	t.Helper()
	l := &handoff.Launch{Gen: gen, Env: append(os.Environ(), "HOST="+host, "PORT="+port)}
	session, err := tr.Prepare(l)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", "--expose-gc", "-e", toAndFro)
	cmd.Dir, cmd.Env, cmd.Stderr = webSockets(t), l.Env, os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = session.Run(ctx, handoff.Running{Tree: func() []int { return []int{cmd.Process.Pid} }}, nil)
	}()
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait(); cancel(); <-done })
	reachable(t, host+":"+port)
	s := &side{adapters: tr.Of(gen), pid: cmd.Process.Pid, host: host, port: port}
	if err := s.adapters.Wait(background(t), func(node.State) bool { return s.adapters.Any() }); err != nil {
		t.Fatal(err)
	}
	return s
}

// size is how many descriptors the process has, and bytes on its heap.
func (s *side) size(t *testing.T) (fds, heap int) {
	t.Helper()
	list, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.pid))
	if err != nil {
		t.Fatal(err)
	}
	f := dialHost(t, s.host, s.port, "/heap")
	defer f.conn.Close()
	f.say("?")
	text, err := f.hear()
	if err != nil {
		t.Fatal(err)
	}
	heap, _ = strconv.Atoi(text)
	return len(list), heap
}

// Over a thousand moves neither hotswap nor a process keeps a descriptor or memory.
func TestMovesLeaveNothing(t *testing.T) {
	const clients, turns, warm = 5, 220, 20
	dir, err := os.MkdirTemp("", "hsn")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	t.Setenv("TMPDIR", dir)
	tr, err := node.New(scratch.New())
	if err != nil {
		t.Fatal(err)
	}
	var successor atomic.Int64
	tr.HandOver(node.WebSocketHandoff{
		Rules:     []websocket.Rule{{Pattern: "/heap"}, {Keep: true}},
		Successor: func() handoff.GenID { return handoff.GenID(successor.Load()) },
	})
	port := freePort(t)
	hosts := []string{"127.0.0.1", "127.0.0.2"}
	sides := []*side{beginSide(t, tr, 1, hosts[0], port), beginSide(t, tr, 2, hosts[1], port)}
	var fs []*framer
	for range clients {
		fs = append(fs, dialHost(t, hosts[0], port, "/"))
	}
	type sizes struct{ own, one, two, heap1, heap2 int }
	measure := func() (s sizes) {
		own, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		s.one, s.heap1 = sides[0].size(t)
		s.two, s.heap2 = sides[1].size(t)
		s.own = len(own)
		return s
	}
	var before sizes
	began := time.Now()
	for turn := range turns {
		if turn == warm {
			before = measure()
		}
		from, to := turn%2, (turn+1)%2
		successor.Store(int64(to + 1))
		a := sides[from].adapters
		a.Drain(node.DrainOptions{CloseReason: &node.CloseReason{Code: 1012, Keep: &node.Keep{WithinMS: patience.Milliseconds()}}})
		for i, f := range fs {
			for n := 0; ; n++ {
				f.say(strconv.Itoa(n))
				got, err := f.hear()
				if host, echo, _ := strings.Cut(got, " "); err != nil || echo != strconv.Itoa(n) {
					t.Fatalf("turn %d, client %d: %q, %v", turn, i, got, err)
				} else if host == hosts[to] {
					break
				}
			}
		}
		if err := a.Wait(background(t), func(s node.State) bool { return s.Connections == 0 }); err != nil {
			t.Fatal(err)
		}
		a.Resume()
	}
	// What was closed last goes a moment later; what is left stays for ever.
	after := measure()
	for end := time.Now().Add(patience); (after.own > before.own || after.one > before.one || after.two > before.two) && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		after = measure()
	}
	t.Logf("%d moves, %v each; before %+v, after %+v", clients*(turns-warm), time.Since(began)/(clients*turns), before, after)
	if after.own > before.own || after.one > before.one || after.two > before.two {
		t.Error("descriptors are left")
	}
	// One that stayed would hold some 10 KiB at least.
	if grown := max(after.heap1-before.heap1, after.heap2-before.heap2); grown > 2<<20 {
		t.Errorf("the heap has grown by %d bytes", grown)
	}
}
