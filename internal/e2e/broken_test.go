//go:build linux

package e2e

import (
	"fmt"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/load"
)

// A broken save never takes the service down: the old generation answers
// throughout, and the next good save is served.
func TestBrokenSaves(t *testing.T) {
	t.Parallel()
	dir, port := project(t, "hono-cdc"), freePort(t)
	h := start(t, options{dir: dir, env: []string{"PORT=" + port}, command: []string{"npm", "run", "dev"}})
	file := filepath.Join(dir, "src", "version.ts")
	brokenSaves(t, h, port, file, "export const version = %d\n", "exited", "export const version = \n", "export const version = 1\nprocess.exit(3)\n")
}

// The same of a save that hangs. Its program boots at once, because --ready-timeout
// has to pass: npm and tsx would need more than ten seconds on a busy machine.
func TestSaveThatHangs(t *testing.T) {
	t.Parallel()
	dir, port := t.TempDir(), freePort(t)
	file := filepath.Join(dir, "version.js")
	write(t, filepath.Join(dir, "server.js"), plainNode)
	write(t, file, "module.exports = 1\n")
	h := start(t, options{dir: dir, env: []string{"PORT=" + port}, args: []string{"--ready-timeout", "10s"}, command: []string{"node", "server.js"}})
	brokenSaves(t, h, port, file, "module.exports = %d\n", "timeout", "require('http').Server.prototype.listen = () => setInterval(() => {}, 1000)\n")
}

// brokenSaves saves each broken text and then a good one; why is why a broken one fails.
func brokenSaves(t *testing.T, h *hotswap, port, file, good, why string, broken ...string) {
	t.Helper()
	h.Serving(1)
	tr := begin(t, sixteen(), load.ExampleChecks(), "127.0.0.1:"+port)
	tr.answers("1", 20)
	for i, text := range broken {
		gen, version := 2*i+2, i+2
		write(t, file, text)
		failed := h.Wait("the broken save is told", e2etest.Of("failed", gen))
		if failed.Why != why || failed.Next != "keeps" {
			t.Errorf("%q: %+v", text, failed)
		}
		tr.more(50)
		write(t, file, fmt.Sprintf(good, version))
		h.Serving(gen + 1)
		tr.answers(strconv.Itoa(version), 20)
	}
	tr.end()
}
