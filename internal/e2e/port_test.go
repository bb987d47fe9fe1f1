//go:build linux

package e2e

import (
	"path/filepath"
	"strings"
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
	for _, find := range []string{"number", "first", "wildcards", "all", "child"} {
		t.Run(find, func(t *testing.T) {
			spare(t, find != "wildcards" && find != "child")
			t.Parallel()
			dir := t.TempDir()
			write(t, filepath.Join(dir, "server.mjs"), program(t, "port/server.mjs"))
			write(t, filepath.Join(dir, "version.mjs"), program(t, "port/version.mjs"))
			h := start(t, options{dir: dir, env: []string{"FIND=" + find}, args: []string{"--probation", brief}, command: words("node server.mjs")})
			h.stays(brisk(), func(v int) { save(t, filepath.Join(dir, "version.mjs"), v) })
		})
	}
}
