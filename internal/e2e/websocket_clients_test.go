//go:build linux

package e2e

import (
	"path/filepath"
	"slices"
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
	"ws":                  commandPeers("node", "client-ws.mjs"),
	"Chromium":            chromium,
	"python's websockets": commandPeers("/usr/bin/python3", "client.py"),
	"socket.io-client":    commandPeers("node", "client-socketio.mjs"),
	"graphql-ws":          commandPeers("node", "client-graphql.mjs"),
}

// swapUnder swaps a server while clients talk to it, and returns what these have seen.
func swapUnder(t *testing.T, server, client string, clients, swaps int, args ...string) (peerTally, *hotswap) {
	t.Helper()
	port := freePort(t)
	h := start(t, options{
		dir: webSockets(t), env: []string{"PORT=" + port}, command: webSocketServers[server],
		args: append([]string{"--no-watch", "--probation", "100ms"}, args...),
	})
	h.Serving(1)
	p := webSocketClients[client](t, port, clients, "/feed")
	p.at(1, clients)
	for v := 2; v <= swaps+1; v++ {
		h.signal(syscall.SIGHUP)
		h.Serving(v)
		p.at(v, clients)
		if l := h.Drained(v - 1); l.Killed {
			t.Errorf("generation %d had to be killed", v-1)
		}
	}
	return p.end(), h
}

// Each library's clients hear 1012 from each library's server, and come back as they
// do: by themselves, or as the program says.
func TestClientsAreTold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ server, client string }{
		{"@fastify/websocket", "Chromium"}, {"ws", "python's websockets"}, {"socket.io", "socket.io-client"}, {"graphql-ws", "graphql-ws"},
	} {
		t.Run(filepath.Base(c.server)+" to "+c.client, func(t *testing.T) {
			t.Parallel()
			const clients = 5
			const swaps = 2
			n, _ := swapUnder(t, c.server, c.client, clients, swaps)
			n.wereTold(t, clients, swaps)
		})
	}
}

// The same clients are kept by servers that know nothing of it: no end, no message
// lost. socket.io keeps a client's session in its process, so its clients are told.
func TestClientsAreKept(t *testing.T) {
	t.Parallel()
	const clients = 5
	const swaps = 2
	for _, c := range []struct{ server, client string }{
		{"ws", "Chromium"}, {"express-ws", "python's websockets"},
	} {
		t.Run(filepath.Base(c.server)+" to "+c.client, func(t *testing.T) {
			t.Parallel()
			n, h := swapUnder(t, c.server, c.client, clients, swaps, "--websocket", "keep")
			n.wereKept(t, clients, swaps)
			h.Wait("all have moved on", func(l line) bool { return l.Event == "websockets" && l.Gen == swaps && l.Moved == clients })
		})
	}
	t.Run("socket.io", func(t *testing.T) {
		t.Parallel()
		n, h := swapUnder(t, "socket.io", "socket.io-client", clients, swaps, "--websocket", "keep")
		n.wereTold(t, clients, swaps)
		h.Wait("why it is told", func(l line) bool {
			return l.Event == "websockets" && l.Gen == swaps && slices.Contains(l.Reasons, "socket.io keeps its session in the process")
		})
	})
}
