//go:build linux

package e2e

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
)

// worker is a Node program without a port, which says what it does.
const worker = `
import dgram from 'node:dgram'
await new Promise((resolve) => dgram.createSocket('udp4').bind(+process.env.PORT, '127.0.0.1', resolve))
const say = (event) => process.stderr.write(JSON.stringify({level: 'info', event, gen: +process.env.HOTSWAP_GENERATION}) + '\n')
say('works')
process.on('SIGTERM', () => { say('ends'); process.exit(0) })
`

// A worker runs once it has lived for a second. A save ends it before the next one
// starts: the worker says on a UDP port, which two of them cannot have, that it is alone.
func TestWorker(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "worker.mjs")
	write(t, file, worker)
	begun := time.Now()
	h := start(t, options{dir: dir, env: []string{"PORT=" + freePort(t)}, command: []string{"node", "worker.mjs"}})
	h.Wait("it works", e2etest.Of("works", 1))
	if l := h.Wait("it runs", e2etest.Of("running", 1)); l.Time.Sub(begun) < time.Second {
		t.Errorf("it has not lived for a second, and is said to run: %v after the start of hotswap", l.Time.Sub(begun))
	}

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
	h.Wait("the first ends", e2etest.Of("ends", 1))
	h.Wait("the second works", e2etest.Of("works", 2)) // it runs when it has lived for a second, which node may need to begin
	write(t, file, worker+"// changed")
	h.Wait("the second ends", e2etest.Of("ends", 2))
	h.Wait("the changed one works", e2etest.Of("works", 3))
	h.Wait("the changed one runs", e2etest.Of("running", 3))
	write(t, file, "throw new Error('broken')")
	h.Wait("the third ends", e2etest.Of("ends", 3))
	if l := h.Wait("the broken save fails", e2etest.Of("failed", 4)); l.Next != "wait" {
		t.Errorf("%+v", l)
	}
	write(t, file, worker+"// mended")
	h.Wait("the mended one runs", e2etest.Of("running", 5))
	if n := h.Count(is("ends")); n != 3 {
		t.Errorf("%d workers were told to end, want 3", n)
	}
}
