//go:build linux

package e2e

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// A program that listens first and then loads for a while costs nobody that: it gets no
// client before it has accepted a connection.
func TestListeningEarlyIsNotServing(t *testing.T) {
	t.Parallel()
	dir, port := t.TempDir(), freePort(t)
	write(t, filepath.Join(dir, "version.json"), `{"version":1}`)
	write(t, filepath.Join(dir, "server.js"), `
const fs = require('fs'), http = require('http'), { version } = require('./version.json')
http.createServer((q, r) => r.end(JSON.stringify({ pong: true, version, pid: process.pid }))).listen(`+port+`, '127.0.0.1')
process.nextTick(() => {
  if (fs.existsSync('held')) fs.writeSync(2, '{"level":"info","event":"held","gen":' + process.env.HOTSWAP_GENERATION + '}\n')
  while (fs.existsSync('held')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
})
`)
	h := start(t, options{dir: dir, args: []string{"--no-watch", "--probation", brief}, command: []string{"node", "server.js"}})
	h.Serving(1)
	tr := begin(t, getsOnly(), load.ExampleChecks(), "127.0.0.1:"+port)
	tr.swapsHeld(h, dir, "version.json", port)
}

// Looking for a free port by listening and closing is not serving: npm's
// get-port and many dev servers do it.
func TestLookingForAPortIsNotServing(t *testing.T) {
	t.Parallel()
	dir, port := t.TempDir(), freePort(t)
	write(t, filepath.Join(dir, "server.js"), `
const http = require('http'), net = require('net')
const probe = net.createServer().listen(`+port+`, '127.0.0.1', () => probe.close(() => setTimeout(() => {
  http.createServer((q, r) => r.end(JSON.stringify({ pong: true, version: 1, pid: process.pid }))).listen(`+port+`, '127.0.0.1')
}, 600)))
`)
	h := start(t, options{dir: dir, args: []string{"--no-watch", "--probation", brief}, command: []string{"node", "server.js"}})
	h.Serving(1)
	tr := begin(t, getsOnly(), load.ExampleChecks(), "127.0.0.1:"+port)
	tr.answers("1", 20)
	h.signal(syscall.SIGHUP)
	if l := h.Serving(2); l.BootMS < 600 {
		t.Errorf("generation 2 serves after %v ms, before it listens for good", l.BootMS)
	}
	tr.more(50)
	h.Drained(1)
	tr.end()
}
