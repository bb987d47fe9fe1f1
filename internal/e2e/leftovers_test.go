//go:build linux

package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// private is a short path of a directory that is this user's alone.
func private(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "hs")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// hotswap and all its keepers are killed at once, so nobody is left to end the
// program, a wrapper with a server and a process that has left its session and
// ignores SIGTERM. The next hotswap of the same directory ends them and serves.
func TestHotswapAndItsKeepersAreKilled(t *testing.T) {
	t.Parallel()
	dir, port := t.TempDir(), freePort(t)
	write(t, filepath.Join(dir, "server.py"), `
import http.server, os, signal, sys
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.execvp("sleep", ["sleep", "1000"])
    os._exit(0)
os.Wait()
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self): self.send_response(200); self.end_headers()
    def log_message(self, *args): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
`)
	o := options{
		// A standby, which comes and goes, would be one of the processes that are counted.
		dir: dir, env: []string{"XDG_RUNTIME_DIR=" + private(t)}, args: []string{"--no-watch", "--no-warm"},
		command: []string{"sh", "-c", "python3 server.py " + port + "; true"},
	}
	h := start(t, o)
	h.Serving(1)
	bystander := start(t, options{dir: t.TempDir(), env: o.env, args: []string{"--no-watch", "--ready", "after:1ms"}, command: []string{"sleep", "1000"}})
	bystander.Serving(1)

	processes, keepers := below(t, h.Cmd.Process.Pid), proc.Children(h.Cmd.Process.Pid)
	h.signal(syscall.SIGSTOP) // so that it does not notice
	for _, pid := range keepers {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	h.signal(syscall.SIGKILL)
	h.Exit()
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	if res, err := c.Get("http://127.0.0.1:" + port + "/"); err != nil {
		t.Fatalf("the program has ended with them, so there is nothing to test: %v", err)
	} else {
		res.Body.Close()
	}

	begun := time.Now()
	next := start(t, o)
	l := next.Wait("leftovers ended", func(l line) bool { return l.Event == "leftovers" })
	t.Logf("%s after %v", l.Message, time.Since(begun))
	if want := fmt.Sprintf("ended %d processes left behind by a hotswap that was killed", len(processes)-len(keepers)); l.Message != want {
		t.Errorf("%q, want %q", l.Message, want)
	}
	ended(t, processes)
	next.Serving(1)
	if next.Count(func(l line) bool { return l.Event == "address-in-use" }) != 0 {
		t.Error("the port was taken")
	}
	for _, pid := range proc.Children(bystander.Cmd.Process.Pid) {
		if len(proc.Children(pid)) == 0 {
			t.Error("another hotswap's program was ended")
		}
	}
}
