//go:build linux

package e2e

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// unixRemover removes the file of its socket before it binds, and when it is told to stop.
const unixRemover = `
import json, os, signal, socket, sys
path = os.environ['SOCKET']
if os.path.exists(path): os.unlink(path)
s = socket.socket(socket.AF_UNIX)
s.bind(path)
s.listen(50)
def stop(*_):
    os.unlink(path)
    s.close()
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
while True:
    c, _ = s.accept()
    c.recv(65536)
    body = '{"pong": true, "version":%s, "pid":%d}' % (os.environ['HOTSWAP_GENERATION'], os.getpid())
    c.sendall(('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s' % (len(body), body)).encode())
    c.close()
`

// A server that removes its socket's file first, and at its end, removes no newer one's.
func TestUnixServerThatRemovesItsFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	socket := filepath.Join(dir, "app.sock")
	write(t, filepath.Join(dir, "server.py"), unixRemover)
	h := start(t, options{dir: dir, env: []string{"SOCKET=" + socket}, args: []string{"--no-watch"}, command: []string{"python3", "server.py"}})
	h.Serving(1)
	client := testkit.Client(socket)
	u := askUnix(t, client)
	for gen := 2; gen <= 4; gen++ {
		if said := reload(t, dir); said != fmt.Sprint("generation ", gen, " serves") {
			t.Fatalf("reload says %q", said)
		}
		h.Drained(gen - 1)
		unixAnswers(t, client, gen)
	}
	u.end()
}
