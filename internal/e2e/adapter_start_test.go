//go:build linux

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Each npm and each compiler loads the adapter: it loads none of Node's larger modules
// at its start.
func TestAdapterLoadsLittle(t *testing.T) {
	t.Parallel()
	main := filepath.Join(t.TempDir(), "main.js")
	write(t, main, "console.log(process.moduleLoadList.map(name => '<' + name + '>').join(' '))\n")
	for _, n := range nodes(t) {
		without, with := runNode(t, n, main), runNode(t, n, "-r", filepath.Join(root, "handoff/runtime/node/js/adapter.cjs"), main)
		if !strings.Contains(with, "<NativeModule diagnostics_channel>") {
			t.Errorf("node %d: the adapter was not loaded: %s", n.major, with)
		}
		for _, name := range []string{"worker_threads", "internal/worker/io", "net", "http"} {
			if name = "<NativeModule " + name + ">"; strings.Contains(with, name) && !strings.Contains(without, name) {
				t.Errorf("node %d: the adapter loads %s", n.major, name)
			}
		}
	}
}

// A worker thread loads the adapter too. Node runs the worker's file as without it, and
// nothing of the adapter is left at Module.runMain.
func TestAdapterInWorkers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	main := filepath.Join(dir, "main.js")
	write(t, main, `
const { Worker } = require('worker_threads')
const name = require('path').basename(process.argv[2])
const w = name === 'text' ? new Worker("console.log('text ran')", { eval: true }) : new Worker(process.argv[2], { argv: ['a'] })
w.on('error', (e) => console.log(String(e)))
w.on('exit', (code) => console.log('exit', code, typeof Object.getOwnPropertyDescriptor(require('module'), 'runMain').value))
`)
	const told = "console.log(process.argv.length, process.argv[2], require('worker_threads').isMainThread, typeof Object.getOwnPropertyDescriptor(require('module'), 'runMain').value)\n"
	write(t, filepath.Join(dir, "w.js"), told)
	write(t, filepath.Join(dir, "w.mjs"), "import { createRequire } from 'module'\nconst require = createRequire(import.meta.url)\n"+told)
	for _, n := range someNodes(t) {
		for file, want := range map[string]string{"w.js": "3 a false function\n", "w.mjs": "3 a false function\n", "text": "text ran\n"} {
			if got := runNode(t, n, "-r", filepath.Join(root, "handoff/runtime/node/js/adapter.cjs"), main, filepath.Join(dir, file)); got != want+"exit 0 function\n" {
				t.Errorf("node %d, %s: %q", n.major, file, got)
			}
		}
	}
}

// runNode gives what a Node writes, whose environment is that of a generation.
func runNode(t *testing.T, n nodeBinary, args ...string) string {
	t.Helper()
	cmd := exec.Command(n.binary, args...)
	cmd.Env = append(os.Environ(), "HOTSWAP_NODE=/nowhere/js")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatal(fmt.Errorf("node %d: %w: %s", n.major, err, out))
	}
	return string(out)
}
