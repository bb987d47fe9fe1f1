//go:build linux

package e2e

import (
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// A program of which there can be only one: it takes an exclusive lock before
// it listens and dies if somebody has it, as single-writer databases do.
const exclusive = `
import fcntl, json, os, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from version import version
lock = open("database.lock", "w")
fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        if self.path.startswith("/slow"): time.sleep(0.7)
        body = json.dumps({"pong": True, "version": version, "pid": os.getpid()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args): pass
ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
`

// Stop first, then start: clients wait in the queue meanwhile, those with a
// request under way are answered by the old one, and nobody is refused.
func TestStopFirst(t *testing.T) {
	t.Parallel()
	dir, port := t.TempDir(), freePort(t)
	write(t, filepath.Join(dir, "server.py"), exclusive)
	write(t, filepath.Join(dir, "version.py"), "version = 1\n")
	h := start(t, options{
		dir: dir, env: []string{"PYTHONDONTWRITEBYTECODE=1", "PORT=" + port},
		args: []string{"--no-watch", unhurried, "--strategy", "stop-first"}, command: []string{"python3", "server.py"},
	})
	h.serving(1)
	kinds := []load.Kind{load.FreshGET(8), load.KeepAliveGET(4), load.SlowFresh(2, slow), load.SlowKeepAlive(2, slow)}
	tr := begin(t, kinds, load.ExampleChecks(), "127.0.0.1:"+port)
	tr.answers("1", 20)
	for v := 2; v <= 5; v++ {
		save(t, filepath.Join(dir, "version.py"), v)
		h.signal(syscall.SIGHUP)
		h.serving(v)
		tr.answers(strconv.Itoa(v), 20)
	}
	tr.end()
	if n := h.count(func(l line) bool { return l.Event == "failed" || l.Event == "crashed" }); n > 0 {
		t.Errorf("%d generations met another's lock", n)
	}
	if n := h.count(func(l line) bool { return l.Event == "drained" && l.Busy }); n > 0 {
		t.Errorf("%d generations were stopped while they were busy", n)
	}
}
