//go:build linux

package e2e

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/rig"
)

// worker is a Node program without a port, which says what it does.
const worker = `
const say = (event) => process.stderr.write(JSON.stringify({level: 'info', event, gen: +process.env.HOTSWAP_GENERATION}) + '\n')
say('works')
setInterval(() => {}, 1000)
process.on('SIGTERM', () => { say('ends'); process.exit(0) })
`

// A worker runs once it has lived for a second. A save starts the next one beside it,
// which takes its place when it has lived as long; a broken save changes nothing.
func TestWorker(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "worker.mjs")
	write(t, file, worker)
	h := start(t, options{dir: dir, command: []string{"node", "worker.mjs"}})
	h.wait("it works", rig.Of("works", 1))
	if n := h.count(is("running")); n > 0 {
		t.Error("it has not lived for a second, and is said to run")
	}
	h.wait("it runs", rig.Of("running", 1))

	reload := func() (string, time.Duration) {
		t.Helper()
		cmd := exec.Command(binary, "reload")
		cmd.Dir = dir
		began := time.Now()
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return strings.TrimSpace(string(out)), time.Since(began)
	}
	// A minute is --ready-timeout, for which reload waited.
	if said, took := reload(); said != "generation 2 runs" || took < time.Second || took > 30*time.Second {
		t.Errorf("%q after %v", said, took)
	}
	h.wait("the first ends", rig.Of("ends", 1))
	h.drained(1)

	write(t, file, "throw new Error('broken')")
	if l := h.wait("the broken save fails", rig.Of("failed", 3)); l.Next != "keeps" {
		t.Errorf("%+v", l)
	}
	write(t, file, worker+"// mended")
	h.wait("the mended one runs", rig.Of("running", 4))
	h.wait("the second ends", rig.Of("ends", 2))
	if n := h.count(is("ends")); n != 2 {
		t.Errorf("%d workers were told to end, want 2", n)
	}
}
