//go:build linux

package e2e

import (
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// coldNode is a server in node that listens at once and answers 503 to everything
// for a second.
const coldNode = `
const http = require('http'), { version } = require('./version.json')
let warm = false
setTimeout(() => { warm = true }, 1000)
http.createServer((q, r) => {
  if (!warm) { r.statusCode = 503; return r.end('cold') }
  r.end(JSON.stringify({ pong: true, version, pid: process.pid }))
}).listen(process.env.PORT, '127.0.0.1')
`

// coldPython is the same in python, and says READY=1 as any language can: a
// datagram to the socket's path.
const coldPython = `
import http.server, json, os, socket, threading, time
version, warm = json.load(open('version.json'))['version'], False
class H(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def log_message(self, *a): pass
    def do_GET(self):
        body = json.dumps({'pong': True, 'version': version, 'pid': os.getpid()}).encode() if warm else b'cold'
        self.send_response(200 if warm else 503)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
class S(http.server.ThreadingHTTPServer):
    daemon_threads = True
server = S(('127.0.0.1', int(os.environ['PORT'])), H)
threading.Thread(target=server.serve_forever, daemon=True).start()
def notify(text):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s: s.sendto(text, os.environ['NOTIFY_SOCKET'])
notify(b'STATUS=loading')
time.sleep(1)
warm = True
notify(b'READY=1')
time.sleep(1e6)
`

// Nobody reaches a generation that listens and is not healthy yet: not one 503
// under load, whoever says that it is ready.
func TestNobodyReachesTheColdOne(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, file, text, interpreter, ready, by string }{
		{"node, asked by HTTP", "server.js", coldNode, "node", "", "http"},
		{"python, READY=1", "server.py", coldPython, "python3", "notify", "notify"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir, port := t.TempDir(), freePort(t)
			write(t, filepath.Join(dir, "version.json"), `{"version":1}`)
			write(t, filepath.Join(dir, c.file), c.text)
			ready := c.ready
			if c.by == "http" {
				ready = "http://127.0.0.1:" + port + "/health"
			}
			h := start(t, options{
				dir: dir, env: []string{"PORT=" + port}, args: []string{"--no-watch", unhurried, "--probation", brief, "--ready", ready},
				command: []string{c.interpreter, c.file},
			})
			h.serving(1)
			tr := begin(t, getsOnly(), load.ExampleChecks(), "127.0.0.1:"+port)
			tr.answers("1", 20)
			for v := 2; v <= 3; v++ {
				save(t, filepath.Join(dir, "version.json"), v)
				h.signal(syscall.SIGHUP)
				if l := h.serving(v); l.BootMS < 1000 || l.Endpoints == "" {
					t.Errorf("generation %d serves %q after %v ms, while it is cold", v, l.Endpoints, l.BootMS)
				}
				tr.answers(strconv.Itoa(v), 20)
				h.drained(v - 1)
			}
			tr.end()
		})
	}
}
