//go:build linux

package e2e

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// brisk are clients of both sorts that lose nothing.
func brisk() []load.Kind {
	return []load.Kind{load.FreshGET(3), load.FreshPOST(2), load.KeepAliveGET(3), load.KeepAlivePOST(2), load.SlowFresh(1, slow)}
}

// at waits until a generation serves at a loopback address, and returns that. Before, it may serve addresses that it only tries.
func (h *hotswap) at(gen int) (at string) {
	h.t.Helper()
	h.Wait("serves at 127.0.0.1", func(l line) bool {
		if l.Gen != gen || l.Event != "serving" && l.Event != "listening" {
			return false
		}
		for at = range strings.FieldsSeq(l.Endpoints + " " + l.Endpoint) {
			if strings.HasPrefix(at, "127.") {
				return true
			}
		}
		return false
	})
	return at
}

// stays saves three versions under load. Each generation serves at the address of the first.
func (h *hotswap) stays(kinds []load.Kind, save func(version int)) {
	h.t.Helper()
	at := h.at(1)
	tr := h.load(kinds, at)
	tr.Answers("1", 20)
	for v := 2; v <= 4; v++ {
		save(v)
		if got := h.at(v); got != at {
			h.t.Fatalf("generation %d serves %s, and generation 1 %s", v, got, at)
		}
		tr.swapped(v)
	}
	_, port, _ := strings.Cut(at, ":")
	if url := h.does("url"); url != "http://localhost:"+port {
		h.t.Errorf("hotswap url: %s, not port %s", url, port)
	}
	tr.end(h.t)
	h.killedNone()
}

// Programs that look for a port as npm packages do find that of the generation before.
func TestNodeFindsItsPort(t *testing.T) {
	t.Parallel()
	for _, find := range []string{"number", "any", "first", "wildcards", "all", "child"} {
		for _, port := range []string{"0", ""} {
			if port == "0" && find != "number" {
				continue
			}
			t.Run(find+port, func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				write(t, filepath.Join(dir, "server.mjs"), program(t, "port/server.mjs"))
				write(t, filepath.Join(dir, "version.mjs"), program(t, "port/version.mjs"))
				o := options{dir: dir, env: []string{"FIND=" + find}, args: []string{unhurried, "--probation", brief}, command: words("node server.mjs")}
				if port != "" {
					o.env = append(o.env, "PORT="+port)
				}
				h := start(t, o)
				h.stays(brisk(), func(v int) { save(t, filepath.Join(dir, "version.mjs"), v) })
			})
		}
	}
}

// A Python server at port 0 keeps its number over saves, and after a crash.
func TestPythonAtPortZero(t *testing.T) {
	t.Parallel()
	dir := project(t, "python")
	h := start(t, options{dir: dir, env: []string{"PORT=0", "PYTHONDONTWRITEBYTECODE=1"}, args: []string{unhurried, "--probation", brief}, command: words("python3 server.py")})
	h.stays(resting(brisk()), func(v int) { save(t, filepath.Join(dir, "version.py"), v) })
	at := h.at(4)
	p, err := pinged(at)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(p.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if got := h.at(5); got != at {
		t.Errorf("after a crash the program serves %s, before it %s", got, at)
	}
}

// A Go program at port 0 keeps its number when hotswap upgrades itself, and after that.
func TestGoAtPortZero(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program := filepath.Join(dir, "server")
	buildGoServer(t, program, 1)
	h := start(t, options{dir: dir, args: []string{"--no-watch", unhurried, "--probation", brief}, command: []string{program, "-addr", "127.0.0.1:0"}})
	h.stays(resting(brisk()), func(v int) {
		buildGoServer(t, program, v)
		if v != 3 {
			h.signal(syscall.SIGHUP)
			return
		}
		h.upgradeSelf(1)
	})
}
