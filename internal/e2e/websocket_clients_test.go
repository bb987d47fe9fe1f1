//go:build linux

package e2e

import (
	"path/filepath"
	"syscall"
	"testing"
)

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
