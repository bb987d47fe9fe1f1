//go:build linux

package e2e

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// hotswap upgrades itself twice in a row, each time with a newer program,
// and nobody notices; then it is hotswap as ever.
func TestUpgradeTwice(t *testing.T) {
	t.Parallel()
	dir, port := t.TempDir(), freePort(t)
	program := filepath.Join(dir, "server")
	buildGoServer(t, program, 1)
	h := start(t, options{dir: dir, env: []string{"ADDR=127.0.0.1:" + port}, args: []string{"--no-watch", unhurried, "--probation", brief}, command: []string{program}})
	h.Serving(1)
	tr := begin(t, sixteen(), load.ExampleChecks(), "127.0.0.1:"+port)
	tr.answers("1", 50)
	for v := 2; v <= 3; v++ {
		buildGoServer(t, program, v)
		parent := h.upgradeSelf(v - 1)
		h.Serving(v)
		tr.answers(strconv.Itoa(v), 50)
		h.Drained(v - 1)
		if parent != nil {
			parent.gone(t)
		} else if code := h.Exit(); code != 0 {
			t.Errorf("the first process ended with %d", code)
		}
	}
	buildGoServer(t, program, 4)
	h.signal(syscall.SIGHUP)
	h.Serving(4)
	tr.answers("4", 50)
	h.Drained(3)
	tr.end()
	if n := h.Count(func(l line) bool { return l.Event == "drained" && l.Killed }); n > 0 {
		t.Errorf("%d generations had to be killed", n)
	}

	processes := below(t, h.pid())
	h.signal(syscall.SIGTERM)
	h.child.gone(t)
	h.child = nil
	ended(t, processes)
	refused(t, port)
}

// Where hotswap cannot be executed anew the parent serves on, its swaps work as if nothing had been, and so does a
// later upgrade.
func TestUpgradeThatFails(t *testing.T) {
	t.Parallel()
	dir, port := t.TempDir(), freePort(t)
	program, self := filepath.Join(dir, "server"), filepath.Join(dir, "hotswap")
	copyFile(t, binary, self)
	buildGoServer(t, program, 1)
	h := start(t, options{
		dir: dir, env: []string{"ADDR=127.0.0.1:" + port}, binary: self,
		args: []string{"--no-watch", unhurried, "--probation", brief}, command: []string{program},
	})
	h.Serving(1)
	tr := begin(t, sixteen(), load.ExampleChecks(), "127.0.0.1:"+port)
	tr.answers("1", 50)
	copyFile(t, self, self+".good")
	write(t, self, "garbage")
	if err := os.Chmod(self, 0o755); err != nil {
		t.Fatal(err)
	}
	h.signal(syscall.SIGUSR2)
	failed := h.Wait("upgrade failed", is("upgrade-failed"))
	if !strings.Contains(failed.Message, "exec format error; this hotswap goes on") || failed.PID != h.pid() {
		t.Errorf("%+v", failed)
	}
	tr.more(100)
	if err := os.Rename(self+".good", self); err != nil {
		t.Fatal(err)
	}
	buildGoServer(t, program, 3)
	h.signal(syscall.SIGHUP)
	h.Serving(3) // the upgrade had a number too
	tr.answers("3", 50)
	h.Drained(1)
	if parent := h.upgradeSelf(1); parent != nil || h.Exit() != 0 {
		t.Error("the first process did not end well")
	}
	h.Serving(4)
	tr.more(100)
	tr.end()
	if n := h.Count(is("failed")); n > 0 {
		t.Errorf("%d failures were told as the parent's", n)
	}
}

// What is killed in the middle of its upgrade, its program listening already,
// leaves nothing in the way.
func TestUpgradeThatIsKilled(t *testing.T) {
	t.Parallel()
	dir, one, two := t.TempDir(), freePort(t), freePort(t)
	write(t, filepath.Join(dir, "version.py"), "version = 1\n")
	write(t, filepath.Join(dir, "server.py"), twoPorts)
	h := start(t, options{
		dir: dir, env: []string{"PYTHONDONTWRITEBYTECODE=1", "ONE=" + one, "TWO=" + two},
		args: []string{"--no-watch", unhurried, "--probation", brief}, command: []string{"python3", "server.py"},
	})
	h.Wait("the second endpoint", func(l line) bool { return l.Event == "listening" })
	tr := begin(t, getsOnly(), load.ExampleChecks(), "127.0.0.1:"+one, "127.0.0.1:"+two)
	tr.answers("1", 50)
	write(t, filepath.Join(dir, "half"), "")
	h.signal(syscall.SIGUSR2)
	boot := h.Wait("the child boots", is("upgrade-boot"))
	h.Wait("its program listens at the first port", is("half"))
	if err := syscall.Kill(boot.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	h.Wait("upgrade failed", is("upgrade-failed"))
	tr.more(100)
	if err := os.Remove(filepath.Join(dir, "half")); err != nil {
		t.Fatal(err)
	}
	save(t, filepath.Join(dir, "version.py"), 2)
	h.signal(syscall.SIGHUP)
	h.Serving(3) // the upgrade had a number too
	tr.answers("2", 50)
	h.Drained(1)
	// Both endpoints change hands at once when it succeeds.
	save(t, filepath.Join(dir, "version.py"), 3)
	h.upgradeSelf(1)
	if l := h.Serving(4); len(strings.Fields(l.Endpoints)) != 2 {
		t.Errorf("the child served %s first", l.Endpoints)
	}
	tr.answers("3", 50)
	tr.end()
}

// twoPorts listens at one port and then at another, unless there is a file that
// says to stop half-way.
const twoPorts = `
import json, os, signal, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from version import version
class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        body = json.dumps({"pong": True, "version": version, "pid": os.getpid()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args): pass
class Server(ThreadingHTTPServer):
    request_queue_size = 100
def serve(name):
    s = Server(("127.0.0.1", int(os.environ[name])), Handler)
    threading.Thread(target=s.serve_forever).start()
serve("ONE")
if os.path.exists("half"):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.write(2, b'{"level":"info","event":"half"}\n')
else:
    serve("TWO")
`

// A worker has nothing to hand over, and is left alone.
func TestUpgradeWithoutAServer(t *testing.T) {
	t.Parallel()
	h := start(t, options{dir: t.TempDir(), args: []string{"--no-watch"}, command: []string{"sh", "-c", `echo '{"level":"info","event":"works"}'; exec sleep 1000`}})
	h.Wait("it works", func(l line) bool { return l.Event == "works" })
	for i := range 2 {
		h.signal(syscall.SIGUSR2)
		if l := h.Nth("upgrade failed", i+1, func(l line) bool { return l.Event == "upgrade-failed" }); l.Error != "no generation serves" {
			t.Errorf("%+v", l)
		}
	}
}

// What is asked of hotswap while it upgrades itself is asked of the one that
// stays.
func TestSwapDuringAnUpgrade(t *testing.T) {
	t.Parallel()
	h, port, release := heldBoot(t)
	h.signal(syscall.SIGUSR2)
	h.Wait("the child boots", func(l line) bool { return l.Event == "upgrade-boot" })
	h.signal(syscall.SIGHUP)
	release()
	h.upgraded(1)
	h.Serving(2)
	if l := h.Serving(3); l.Cause != "command" {
		t.Errorf("%+v", l)
	}
	tr := begin(t, getsOnly(), load.ExampleChecks(), "127.0.0.1:"+port)
	tr.answers("1", 50)
	tr.end()
}

func TestStopDuringAnUpgrade(t *testing.T) {
	t.Parallel()
	h, port, _ := heldBoot(t)
	h.signal(syscall.SIGUSR2)
	boot := h.Wait("the child boots", func(l line) bool { return l.Event == "upgrade-boot" })
	processes := below(t, h.pid())
	if processes[boot.PID] == 0 {
		t.Fatalf("process %d is not below hotswap", boot.PID)
	}
	h.signal(syscall.SIGTERM)
	if code := h.Exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	ended(t, processes)
	refused(t, port)
	if n := h.Count(func(l line) bool { return l.Event == "upgraded" || l.Event == "upgrade-failed" }); n > 0 {
		t.Error("an upgrade that nobody wants any more was told of")
	}
}

// The parent's program crashes while the child boots, which serves the client
// who waited; the parent begins nothing that gets in the way.
func TestCrashDuringAnUpgrade(t *testing.T) {
	t.Parallel()
	h, port, release := heldBoot(t)
	first, err := pinged("127.0.0.1:" + port)
	if err != nil {
		t.Fatal(err)
	}
	h.signal(syscall.SIGUSR2)
	h.Wait("the child boots", func(l line) bool { return l.Event == "upgrade-boot" })
	if err := syscall.Kill(first.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	h.Wait("the crash", func(l line) bool { return l.Event == "crashed" })
	release()
	if p, err := pinged("127.0.0.1:" + port); err != nil || p.Pid == first.Pid {
		t.Errorf("process %d answers, %v; %d is dead", p.Pid, err, first.Pid)
	}
	h.upgraded(1)
	if code := h.Exit(); code != 0 {
		t.Errorf("the parent ended with %d", code)
	}
}

// heldBoot is a server whose next generation does not boot until release is called.
func heldBoot(t *testing.T) (h *hotswap, port string, release func()) {
	t.Helper()
	dir, port := project(t, "python"), freePort(t)
	held := filepath.Join(t.TempDir(), "held")
	h = start(t, options{
		dir: dir, env: []string{"PYTHONDONTWRITEBYTECODE=1", "PORT=" + port, "HELD=" + held}, args: []string{"--no-watch"},
		command: []string{"sh", "-c", `while [ -e "$HELD" ]; do sleep 0.05; done; exec python3 -B server.py`},
	})
	h.Serving(1)
	write(t, held, "")
	return h, port, func() {
		if err := os.Remove(held); err != nil {
			t.Fatal(err)
		}
	}
}
