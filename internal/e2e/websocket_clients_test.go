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
	"@hono/node-ws":      {"node", "hono.mjs"},
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
func swapUnder(t *testing.T, server, client string, clients, swaps int, args ...string) peerTally {
	t.Helper()
	port := freePort(t)
	h := start(t, options{
		dir: webSockets(t), env: []string{"PORT=" + port}, command: webSocketServers[server],
		args: append([]string{"--no-watch", "--probation", "100ms"}, args...),
	})
	h.serving(1)
	p := webSocketClients[client](t, port, clients, "/feed")
	p.at(1, clients)
	for v := 2; v <= swaps+1; v++ {
		h.signal(syscall.SIGHUP)
		h.serving(v)
		p.at(v, clients)
		if l := h.drained(v - 1); l.Killed {
			t.Errorf("generation %d had to be killed", v-1)
		}
	}
	return p.end()
}

// Each library's clients hear 1012 from each library's server, and come back as they
// do: by themselves, or as the program says.
func TestClientsAreTold(t *testing.T) {
	for _, c := range []struct{ server, client string }{
		{"ws", "ws"}, {"ws", "Chromium"}, {"ws", "python's websockets"},
		{"@fastify/websocket", "ws"}, {"@hono/node-ws", "ws"}, {"express-ws", "ws"},
		{"socket.io", "socket.io-client"}, {"graphql-ws", "graphql-ws"},
	} {
		t.Run(filepath.Base(c.server)+" to "+c.client, func(t *testing.T) {
			const clients, swaps = 10, 3
			swapUnder(t, c.server, c.client, clients, swaps).wereTold(t, clients, swaps)
		})
	}
}
