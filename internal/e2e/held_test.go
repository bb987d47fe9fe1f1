//go:build linux

package e2e

import (
	"path/filepath"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// Clients that keep their connection get the new version while the old one is
// held for ever, and none of their requests fails.
func TestKeptConnectionsMoveOnDuringProbation(t *testing.T) {
	t.Parallel()
	dir, port := project(t, "fleet"), freePort(t)
	h := start(t, options{dir: dir, env: []string{"PORT=" + port}, args: []string{"--probation", "1h"}, command: []string{"node", "node-http.js"}})
	h.serving(1)
	tr := begin(t, []load.Kind{load.KeepAliveGET(4)}, load.ExampleChecks(), "127.0.0.1:"+port)
	tr.answers("1", 30)
	save(t, filepath.Join(dir, "version.json"), 2)
	h.serving(2)
	tr.answers("2", 1000)
	t.Logf("%v", tr.end())
	if h.count(func(l line) bool { return l.Event == "drained" }) != 0 {
		t.Error("generation 1 has gone")
	}
}
