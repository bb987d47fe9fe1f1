//go:build linux

package e2e

import (
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// Nobody loses a POST, whatever keeps the connections: undici's pools, of which one
// writes ten requests at once, and node's agent and fetch, which reuse a connection
// before they have seen its end. The program has a handler of its own for the stop signal, and no probation, in which
// clients are moved on before that signal.
func TestNoPoolLosesAPost(t *testing.T) {
	t.Parallel()
	dir := nodeProject(t, ownHandler)
	h := start(t, options{dir: dir, args: []string{"--no-watch", "--probation", "0"}, command: []string{"node", "server.js"}})
	h.Serving(1)
	pools := []*nodeClients{beginNode(t, "clients.mjs", h.port, 3), beginNode(t, "pipeline.mjs", h.port, 3)}
	tr := h.load([]load.Kind{load.FreshGET(2)})
	for v := 2; v <= 3; v++ {
		tr.Answers(strconv.Itoa(v-1), 20)
		save(t, filepath.Join(dir, "version.json"), v)
		h.signal(syscall.SIGHUP) // a save right after each start is taken for the program's own after a while
		h.Serving(v)
	}
	tr.Answers("3", 20)
	h.Drained(2)
	for _, pool := range pools {
		pool.end()
	}
	tr.end(t)
	h.killedNone()
}
