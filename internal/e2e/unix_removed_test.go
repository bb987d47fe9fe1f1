//go:build linux

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
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

// A server that removes its socket's file first is reachable after each reload: the
// older process has closed its listener, and removed the file, before the new one binds.
func TestUnixServerThatRemovesItsFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	socket := filepath.Join(dir, "app.sock")
	write(t, filepath.Join(dir, "server.py"), unixRemover)
	h := start(t, options{dir: dir, env: []string{"SOCKET=" + socket}, args: []string{"--no-watch"}, command: []string{"python3", "server.py"}})
	h.Wait("it runs", e2etest.Of("running", 1))
	for gen := 2; gen <= 4; gen++ {
		// It "runs" if it has not begun to listen a second after its start.
		if said := reload(t, dir); said != fmt.Sprint("generation ", gen, " serves") && said != fmt.Sprint("generation ", gen, " runs") {
			t.Fatalf("reload says %q", said)
		}
		h.Drained(gen - 1)
		unixAnswers(t, socket, gen)
	}
}

// While a server takes its time to stop, two newer generations want its unix socket,
// one after the other. The first of them, which nobody wants any more, does not take it.
func TestTwoReloadsWhileAUnixServerStops(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	socket, release := filepath.Join(dir, "app.sock"), filepath.Join(dir, "release")
	write(t, filepath.Join(dir, "server.mjs"), `
import fs from 'node:fs'
`+unixServer+`
process.on('SIGTERM', () => {
  if (version !== '2') process.exit(0)
  setInterval(() => { if (fs.existsSync(process.env.RELEASE)) process.kill(process.pid, 'SIGKILL') }, 10)
})
`)
	h := start(t, options{
		dir: dir, env: []string{"SOCKET=" + socket, "RELEASE=" + release, "ORDER=socket"},
		// The second generation, which stays, knows itself by its number: none is skipped.
		args:    []string{"--no-watch", "--no-warm"},
		command: []string{"node", "server.mjs"},
	})
	h.Wait("it runs", e2etest.Of("running", 1))
	unixAnswers(t, socket, 1)
	reload(t, dir) // from the second one on it is known that it is a server
	unixAnswers(t, socket, 2)
	for gen := 3; gen <= 4; gen++ {
		cmd := exec.Command(binary, "reload")
		cmd.Dir = dir
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cmd.Wait() })
		h.Wait("it wants the socket", e2etest.Of("unix-socket", gen))
	}
	write(t, release, "")
	h.Wait("the fourth serves", e2etest.Of("serving", 4))
	unixAnswers(t, socket, 4)
	if _, err := os.Lstat(socket); err != nil {
		t.Error(err)
	}
}
