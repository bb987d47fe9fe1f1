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

// A Go program that drains its WebSockets by itself: each client is told by 1012 and comes back to
// the next process, and no message is lost on an open connection.
// Without events the connections look like those of HTTP, which hotswap ends between two requests.
func TestGoDrainsItsWebSockets(t *testing.T) {
	t.Parallel()
	server := filepath.Join(t.TempDir(), "server")
	testkit.NoError(t, e2etest.Build(server, "./examples/state/go-websocket", []string{"CGO_ENABLED=0"}))
	for _, path := range []string{"/feed", "/feed?events=none"} {
		t.Run(path, func(t *testing.T) {
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

// webSocketServers are servers that know nothing of hotswap, by the library that
// serves their WebSockets.
var webSocketServers = map[string][]string{
	"ws":                 {"node", "ws.cjs"},
	"@fastify/websocket": {"node", "fastify.mjs"},
	"express-ws":         {"node", "express.cjs"},
	"socket.io":          {"node", "socketio.cjs"},
	"graphql-ws":         {"node", "graphql.mjs"},
}

// webSocketClients are the clients, by their library.
var webSocketClients = map[string]beginPeers{
	"Chromium":            chromium,
	"python's websockets": commandPeers("/usr/bin/python3", "client.py"),
	"socket.io-client":    commandPeers("node", "client-socketio.mjs"),
	"graphql-ws":          commandPeers("node", "client-graphql.mjs"),
}

// swapUnder swaps a server while clients talk to it, and returns what these have seen.
func swapUnder(t *testing.T, server, client string, args ...string) (peerTally, *hotswap) {
	t.Helper()
	h := start(t, options{
		dir: webSockets(t), command: webSocketServers[server],
		args: append([]string{"--no-watch", "--probation", "100ms"}, args...),
	})
	h.Serving(1)
	p := webSocketClients[client](t, h.port, peerClients, "/feed")
	p.at(1)
	for v := 2; v <= peerSwaps+1; v++ {
		h.signal(syscall.SIGHUP)
		h.Serving(v)
		p.at(v)
		h.drains(v - 1)
	}
	return p.end(), h
}

// Each library's clients hear 1012 from each library's server, and come back as they
// do: by themselves, or as the program says.
func TestClientsAreTold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ server, client string }{
		{"@fastify/websocket", "Chromium"}, {"socket.io", "socket.io-client"}, {"graphql-ws", "graphql-ws"},
	} {
		t.Run(filepath.Base(c.server)+" to "+c.client, func(t *testing.T) {
			spare(t, c.server == "graphql-ws")
			t.Parallel()
			n, _ := swapUnder(t, c.server, c.client)
			n.wereTold(t)
		})
	}
}

// The same clients are kept by servers that know nothing of it: no end, no message
// lost.
func TestClientsAreKept(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ server, client string }{
		{"ws", "Chromium"}, {"express-ws", "python's websockets"},
	} {
		t.Run(filepath.Base(c.server)+" to "+c.client, func(t *testing.T) {
			t.Parallel()
			n, h := swapUnder(t, c.server, c.client, "--websocket", "keep")
			n.wereKept(t)
			h.Wait("all have moved on", func(l line) bool { return l.Event == "websockets" && l.Gen == peerSwaps && l.Moved == peerClients })
		})
	}
}
