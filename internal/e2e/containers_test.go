//go:build linux

package e2e

import (
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// keptPrograms are those whose kept connections have to be ended from outside, and Node, whose adapter ends
// them.
var keptPrograms = map[string]struct {
	example, file string
	command       func(dir, port string) []string
}{
	"go":     {"", "server", func(dir, _ string) []string { return []string{filepath.Join(dir, "server")} }},
	"python": {"python", "version.py", func(string, string) []string { return []string{"python3", "-B", "server.py"} }},
	"puma": {"fleet", "version.json", func(_, port string) []string {
		return []string{"/usr/bin/puma", "-q", "-b", "tcp://127.0.0.1:" + port, "config.ru"}
	}},
	"node": {"fleet", "version.json", func(string, string) []string { return []string{"node", "node-http.js"} }},
}

// swapKept swaps a program twice under clients that keep their connections: none of them is left to the old
// process until that is told to stop, and no request is lost. configure says how hotswap is started; the
// program's folder and environment are set.
func swapKept(t *testing.T, name string, configure func(*options)) {
	t.Helper()
	p, port := keptPrograms[name], freePort(t)
	o := options{args: []string{"--no-watch", "--no-warm", unhurried, "--probation", brief}}
	if p.example != "" {
		o.dir = project(t, p.example)
	} else {
		o.dir = t.TempDir()
	}
	file := filepath.Join(o.dir, p.file)
	version := func(v int) { save(t, file, v) }
	if p.example == "" {
		version = func(v int) { buildGoServer(t, file, v) }
		version(1)
	}
	o.command = p.command(o.dir, port)
	o.env = []string{"PORT=" + port, "ADDR=127.0.0.1:" + port, "PYTHONDONTWRITEBYTECODE=1"}
	configure(&o)
	h := start(t, o)
	h.Serving(1)
	kept := load.KeepAliveGET(4)
	if name == "puma" { // which sends its answers past the cork: a client that never pauses may stay
		kept.Think = pace
	}
	tr := begin(t, []load.Kind{load.FreshGET(2), kept}, load.ExampleChecks(), "127.0.0.1:"+port)
	tr.answers("1", 20)
	closed := 0
	for v := 2; v <= 3; v++ {
		version(v)
		h.signal(syscall.SIGHUP)
		h.Serving(v)
		tr.answers(strconv.Itoa(v), 20)
		l := h.Drained(v - 1)
		closed += l.Closed
		t.Logf("generation %d: %d connections ended, %.0f ms", v-1, l.Closed, l.TookMS)
		if l.Busy || l.Killed {
			t.Errorf("%+v: connections in use were left to its end", l)
		}
	}
	tr.end()
	if closed == 0 && name != "node" {
		t.Error("hotswap ended no connection")
	}
}
