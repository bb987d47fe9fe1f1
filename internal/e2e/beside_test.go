//go:build linux

package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tsc --watch goes on beside the server: each save is one swap, from a standby, also when tsc has removed the
// folder, has been killed, or belongs to a hotswap that has taken over. No two of it ever run.
func TestBesideTypeScript(t *testing.T) {
	t.Parallel()
	dir := project(t, "hono-cdc")
	version := filepath.Join(dir, "src", "version.ts")
	write(t, filepath.Join(dir, "compile"), `mkdir alone || { echo TWO COMPILERS >&2; exit 1; }
trap 'kill $!; wait; rmdir alone; exit' TERM
rm -rf dist
node_modules/.bin/tsc -p . --noEmit false --rootDir src --outDir dist --watch --preserveWatchOutput &
wait`)
	write(t, filepath.Join(dir, "hotswap.yaml"), "beside: sh compile\nwatch: dist\nno_warm: false\n")
	h := start(t, options{dir: dir, args: []string{"--verbose"}, command: []string{"node", "dist/index.js"}})
	tr := h.under(sixteen())
	h.waits(2)
	save(t, version, 2)
	if l := h.Serving(2); !l.Standby || !slices.ContainsFunc(l.Files, func(f string) bool { return strings.HasPrefix(f, "dist/version.") }) {
		t.Errorf("%+v", l)
	}
	tr.Answers("2", 30)
	h.upgradeSelf(1)
	h.Nth("tsc starts in the hotswap that took over", 2, is("beside"))
	save(t, version, 6)
	tr.Answers("6", 30)
	tr.end(t)
	h.signal(os.Interrupt)
	h.child.gone(t)
	if _, err := os.Stat(filepath.Join(dir, "alone")); err == nil {
		t.Error("what runs beside was killed")
	}
	if strings.Contains(h.Log(), "TWO COMPILERS") || h.Count(is("failed")) > 0 {
		t.Error(h.Log())
	}
}
