//go:build linux

package e2e

import (
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// echoCluster is plainNode in two workers, to whom the primary hands connections. It
// tells them their version: a worker that is late may find the next one on disk.
var echoCluster = `
const cluster = require('cluster'), VERSION = require('./version.json').version
if (cluster.isPrimary) { cluster.fork({ VERSION }); cluster.fork({ VERSION }) } else {` +
	strings.Replace(plainNode, "require('./version.json')", "{ version: Number(process.env.VERSION) }", 1) + `}`

// Nobody loses a POST, whatever keeps the connections: undici's pools, of which one
// writes ten requests at once, and node's agent and fetch, which reuse a connection
// before they have seen its end. And all are moved on. The program has a handler of its own for the stop
// signal or none.
func TestNoPoolLosesAPost(t *testing.T) {
	t.Parallel()
	for name, program := range map[string]string{
		"cluster": echoCluster, "no probation, its own handler": plainNode + ownHandler,
	} {
		t.Run(name, func(t *testing.T) {
			spare(t, name == "cluster")
			t.Parallel()
			dir := nodeProject(t, "")
			write(t, filepath.Join(dir, "server.js"), program)
			args := []string{"--no-watch"}
			if strings.HasPrefix(name, "no probation") { // in which clients are moved on before the stop signal
				args = append(args, "--probation", "0")
			}
			h := start(t, options{dir: dir, args: args, command: []string{"node", "server.js"}})
			h.Serving(1)
			node, undici := beginNode(t, "clients.mjs", h.port, 3), beginNode(t, "pipeline.mjs", h.port, 3)
			tr := h.load([]load.Kind{load.FreshGET(2)})
			n := 2
			for v := 2; v <= n+1; v++ {
				tr.Answers(strconv.Itoa(v-1), 20)
				save(t, filepath.Join(dir, "version.json"), v)
				h.signal(syscall.SIGHUP) // a save right after each start is taken for the program's own after a while
				h.Serving(v)
			}
			tr.Answers(strconv.Itoa(n+1), 20)
			h.Drained(n)
			met := n // the clients may begin late, and so miss the first
			if len(args) > 1 {
				met = 0 // a pool may miss one that is stopped at once
			}
			node.end(met)
			undici.end(met)
			tr.end(t)
			h.killedNone()
		})
	}
}
