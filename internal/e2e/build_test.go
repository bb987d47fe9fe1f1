//go:build linux

package e2e

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// What a build makes runs in a process that was started ahead: before the build, which
// changes nothing of what it has loaded.
func TestBuildIsWarm(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	version := filepath.Join(dir, "src/version.mjs")
	write(t, filepath.Join(dir, "src/main.mjs"), strings.Replace(oddServer, "FROM", "./version.mjs", 1))
	write(t, version, "export const version = 1\n")
	h := start(t, options{dir: dir, args: []string{"--no-warm=false", "--build", "mkdir -p dist && cp src/* dist"}, command: []string{"node", "dist/main.mjs"}})
	tr := h.under(getsOnly())
	for v := 2; v <= 3; v++ {
		h.waits(v)
		save(t, version, v)
		h.warm(v)
		tr.Answers(strconv.Itoa(v), 30)
	}
	tr.end(t)
}
