//go:build linux

package e2e

import (
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// A project that ran tsc and node --watch side by side, after hotswap init: tsc writes what it compiles in spite of an
// error of types, and that is no swap. Neither does the first generation start with one.
func TestBesideTypeScriptFails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	linkModules(t, dir, "internal/e2e/testdata/tools")
	version := filepath.Join(dir, "src", "version.ts")
	write(t, filepath.Join(dir, "package.json"), `{"scripts": {"dev": "tsc -w & node --watch dist/server.js"}}`)
	write(t, filepath.Join(dir, "tsconfig.json"), `{"compilerOptions": {"rootDir": "src", "outDir": "dist", "module": "commonjs", "target": "es2022", "types": ["node"]}}`)
	write(t, filepath.Join(dir, "src", "server.ts"), `import http = require('node:http')
import { version } from './version'
http.createServer((q, a) => a.end(JSON.stringify({ pong: true, version }))).listen(Number(process.env.PORT), '127.0.0.1')`)
	const wrong, right = "export const version: number = 'two'\n", "export const version: number = 1\n"
	write(t, version, wrong)
	cmd := exec.CommandContext(background(t), binary, "init")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	h := start(t, options{dir: dir})
	fails := func(n int, next string) {
		t.Helper()
		l := h.Nth("tsc fails", n, is("build-failed"))
		if !strings.Contains(l.Message, "src/version.ts(1,14): error TS2322") || l.Next != next {
			t.Errorf("%+v", l)
		}
		if out, err := h.waitCommand(); err == nil || !strings.Contains(out, "error TS2322") {
			t.Errorf("hotswap wait: %v, %s", err, out)
		}
	}
	waits := func() {
		t.Helper()
		if out, err := h.waitCommand(); err != nil {
			t.Errorf("hotswap wait: %v, %s", err, out)
		}
	}
	fails(1, "wait")
	write(t, version, right)
	waits()
	answered(t, testkit.Client(""), "http://"+h.addr()+"/ping", 1)
	write(t, version, wrong)
	fails(2, "keeps")
	answered(t, testkit.Client(""), "http://"+h.addr()+"/ping", 1)
	write(t, version, right)
	waits()
	write(t, version, wrong)
	fails(3, "keeps")
	write(t, version, right)
	save(t, version, 3)
	waits()
	answered(t, testkit.Client(""), "http://"+h.addr()+"/ping", 3)
	if l := h.Serving(2); h.Count(is("serving")) != 2 {
		t.Errorf("%d generations, %+v", h.Count(is("serving")), l)
	}
}

// waitCommand runs hotswap wait.
func (h *hotswap) waitCommand() (string, error) {
	out, err := exec.Command(binary, "wait", "--pid", strconv.Itoa(h.pid())).CombinedOutput()
	return string(out), err
}
