//go:build linux

package e2e

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/load"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// A program that is handed its socket: it never binds and never listens, and
// accepts when there is no file held any more.
const handed = `
import json, os, socket, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from version import version
assert os.environ["LISTEN_PID"] == str(os.getpid()) and os.environ["LISTEN_FDNAMES"] == "unknown"
class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        body = json.dumps({"pong": True, "version": version, "pid": os.getpid()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args): pass
if os.path.exists("held"):
    os.write(2, b'{"level":"info","event":"held","gen":%s}\n' % os.environ["HOTSWAP_GENERATION"].encode())
while os.path.exists("held"): time.sleep(0.01)
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=False)
server.socket = socket.socket(fileno=int(os.environ[os.environ["WHICH"]] if "WHICH" in os.environ else 3))
server.serve_forever()
`

// hold keeps the next generation of a program in dir from accepting until it is released.
func hold(t testing.TB, dir string) (release func()) {
	t.Helper()
	held := filepath.Join(dir, "held")
	write(t, held, "")
	return func() {
		t.Helper()
		if err := os.Remove(held); err != nil {
			t.Fatal(err)
		}
	}
}

// passedBy demands that nobody reaches the generation, which is held: the version before
// answers each new connection, and hotswap does not say that the generation serves.
func (h *hotswap) passedBy(gen int, port string, version int) {
	h.t.Helper()
	h.Wait("it is held", e2etest.Of("held", gen))
	for range 100 {
		if p, err := pinged("127.0.0.1:" + port); err != nil || p.Version != version {
			h.t.Fatalf("while generation %d does not accept: %+v, %v", gen, p, err)
		}
	}
	if h.Count(e2etest.Of("serving", gen)) > 0 {
		h.t.Errorf("generation %d serves before it accepts", gen)
	}
}

// swapsHeld swaps to version 2, which is held before it accepts, and ends the traffic.
func (tr *traffic) swapsHeld(h *hotswap, dir, file, port string) {
	tr.answers("1", 20)
	release := hold(h.t, dir)
	save(h.t, filepath.Join(dir, file), 2)
	h.signal(syscall.SIGHUP)
	h.passedBy(2, port, 1)
	release()
	h.Serving(2)
	tr.answers("2", 20)
	h.Drained(1)
	tr.end()
}

func TestListenIsOpenBeforeTheFirstBootAndHandedOver(t *testing.T) {
	t.Parallel()
	dir, port := t.TempDir(), freePort(t)
	write(t, filepath.Join(dir, "server.py"), handed)
	write(t, filepath.Join(dir, "version.py"), "version = 1\n")
	release := hold(t, dir)
	h := start(t, options{
		dir: dir, env: []string{"PYTHONDONTWRITEBYTECODE=1"},
		args:    []string{"--no-watch", unhurried, "--probation", brief, "--listen", "127.0.0.1:" + port},
		command: []string{"python3", "server.py"},
	})
	// Clients come while it boots: they wait, nobody is refused.
	h.Wait("it is held", e2etest.Of("held", 1))
	first := testkit.Dial(t, "127.0.0.1:"+port)
	defer first.Close()
	tr := begin(t, getsOnly(), load.ExampleChecks(), "127.0.0.1:"+port)
	release()
	h.Serving(1)
	tr.swapsHeld(h, dir, "version.py", port)
}

// Two endpoints, one of both families: all are steered in one swap.
func TestSeveralEndpointsAtOnce(t *testing.T) {
	t.Parallel()
	dir, one, two := t.TempDir(), freePort(t), freePort(t)
	write(t, filepath.Join(dir, "version.json"), `{"version":1}`)
	write(t, filepath.Join(dir, "server.js"), `
const http = require('http'), { version } = require('./version.json')
const answer = (q, r) => r.end(JSON.stringify({ pong: true, version, pid: process.pid }))
http.createServer(answer).listen(`+one+`)
setTimeout(() => http.createServer(answer).listen(`+two+`, '127.0.0.1'), 30)
`)
	h := start(t, options{dir: dir, args: []string{"--no-watch", "--probation", brief}, command: []string{"node", "server.js"}})
	h.Wait("the second endpoint", func(l line) bool { return l.Event == "listening" && l.Gen == 1 })
	tr := begin(t, []load.Kind{load.FreshGET(9), load.KeepAliveGET(9)}, load.ExampleChecks(),
		"127.0.0.1:"+one, "[::1]:"+one, "127.0.0.1:"+two)
	tr.answers("1", 20)
	save(t, filepath.Join(dir, "version.json"), 2)
	h.signal(syscall.SIGHUP)
	h.Serving(2)
	tr.answers("2", 20)
	h.Drained(1)
	tr.end()
}
