//go:build linux

package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/supervisor/proc"
)

// slowPackage is a project with a package that takes two seconds to load.
func slowPackage(t *testing.T) (dir, version string) {
	t.Helper()
	dir = t.TempDir()
	version = filepath.Join(dir, "version.js")
	if err := os.MkdirAll(filepath.Join(dir, "node_modules", "slow"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "package.json"), `{"private":true}`)
	write(t, filepath.Join(dir, "node_modules", "slow", "package.json"), `{"name":"slow","version":"1.0.0","main":"index.js"}`)
	write(t, filepath.Join(dir, "node_modules", "slow", "index.js"), "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000)\n")
	write(t, version, "module.exports = 1\n")
	write(t, filepath.Join(dir, "main.js"), "require('slow')\nconst v = require('./version')\nrequire('http').createServer((q, r) => r.end(String(v))).listen(process.env.PORT, '127.0.0.1')\n")
	return dir, version
}

// While somebody saves faster than the first standby boots, which is a trial, the trial goes on
// beside the starts. So later starts are held, and in the end there are standbys.
func TestTrialOutlastsSaves(t *testing.T) {
	t.Parallel()
	dir, version := slowPackage(t)
	h := start(t, options{dir: dir, args: []string{"--verbose"}, env: []string{"PORT=" + freePort(t)}, command: []string{"node", "main.js"}})
	h.serving(1)
	began := time.Now()
	inTime := func() {
		t.Helper()
		if time.Since(began) > patience {
			t.Fatalf("no start was warm\n%s", h.log())
		}
	}
	trial := func() []int {
		own := proc.Descendants(h.cmd.Process.Pid)
		return slices.DeleteFunc(standbyOf(t, 2), func(pid int) bool { return !slices.Contains(own, pid) })
	}
	for ; len(trial()) == 0; time.Sleep(10 * time.Millisecond) {
		inTime()
	}
	warm := func(l line) bool { return l.Event == "serving" && l.Warm }
	v := 1
	for ; h.count(warm) == 0; time.Sleep(700 * time.Millisecond) { // a pace
		inTime()
		v++
		save(t, version, v)
	}
	// The first save may come before hotswap knows that the standby is a trial.
	waited := func(l line) bool { return l.Event == "unused" && strings.Contains(l.Message, "still tests") }
	if l := h.wait("the trial was not waited for", waited); l.Level != "debug" {
		t.Errorf("told as %s", l.Level)
	}
	if pids := trial(); len(pids) > 0 {
		t.Errorf("of the trial %v are left", pids)
	}
}
