//go:build linux

package e2e

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// packed is a package that exports its version, as npm pack makes it.
func packed(t *testing.T, name string, version int, scripts string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for file, text := range map[string]string{
		"package.json": fmt.Sprintf(`{"name": %q, "version": "%d.0.0", "scripts": {%s}}`, name, version, scripts),
		"index.js":     fmt.Sprintf("exports.version = %d", version),
	} {
		err := w.WriteHeader(&tar.Header{Name: "package/" + file, Mode: 0o644, Size: int64(len(text))})
		if _, failed := w.Write([]byte(text)); errors.Join(err, failed) != nil {
			t.Fatal(err, failed)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// usesDep answers the version of its package, and -1 if that was being installed when
// it began: the project's own script is the last that an installer runs.
const usesDep = `
const { version } = require('dep'), fs = require('fs')
const whole = fs.readFileSync('installed', 'utf8') === String(version)
require('http').createServer((q, r) => r.end(JSON.stringify({ pong: true, version: whole ? version : -1, pid: process.pid }))).listen(Number(process.env.PORT), '127.0.0.1')
`

// afterwards takes its time.
const afterwards = `setTimeout(() => require('fs').writeFileSync('installed', String(require('dep').version)), 700)`

// npmCI writes the lock file of a version, and gives the command that installs it.
func npmCI(t *testing.T, dir string, version int) []string {
	t.Helper()
	tgz := packed(t, "dep", version, "")
	sum := sha512.Sum512([]byte(tgz))
	write(t, filepath.Join(dir, "dep.tgz"), tgz)
	write(t, filepath.Join(dir, "package-lock.json"), fmt.Sprintf(`{"name": "app", "lockfileVersion": 3, "requires": true, "packages": {
		"": {"name": "app", "hasInstallScript": true, "dependencies": {"dep": "file:dep.tgz"}},
		"node_modules/dep": {"version": "%d.0.0", "resolved": "file:dep.tgz", "integrity": "sha512-%s"}}}`, version, base64.StdEncoding.EncodeToString(sum[:])))
	return []string{"npm", "ci", "--no-audit", "--no-fund", "--offline"}
}

// A command that installs before its server starts is not swapped for that, over and
// over.
func TestOwnInstallationIsNoSwap(t *testing.T) {
	t.Parallel()
	dir, port := t.TempDir(), freePort(t)
	write(t, filepath.Join(dir, "package.json"), `{"name": "app", "private": true, "dependencies": {"dep": "file:dep.tgz"}, "scripts": {"postinstall": "node after.js"}}`)
	write(t, filepath.Join(dir, "server.js"), usesDep)
	write(t, filepath.Join(dir, "after.js"), afterwards)
	script := strings.Join(npmCI(t, dir, 1), " ") + " >/dev/null && exec node server.js"
	h := start(t, options{dir: dir, env: []string{"PORT=" + port}, command: []string{"sh", "-c", script}})
	for gen := 1; gen <= 3; gen++ {
		if l := h.serving(gen); strings.Contains(l.Message, "node_modules") {
			t.Errorf("generation %d: %s", gen, l.Message)
		}
		// It is asked for that when things are calm, long after the installation.
		h.wait("what is loaded", func(l line) bool { return l.Event == "follows" && l.Gen == gen })
		write(t, filepath.Join(dir, "server.js"), usesDep+fmt.Sprint("// ", gen, "\n"))
	}
	if l := h.serving(4); !strings.Contains(l.Message, "server.js") {
		t.Errorf("generation 4: %s", l.Message)
	}
}

// An installation is one swap, when the installer has ended, its scripts included,
// although neither the sources nor package.json change. What stands by has the packages
// that were there before, and is not used.
func TestInstalledPackagesAreOneSwap(t *testing.T) {
	t.Parallel()
	dir, port := t.TempDir(), freePort(t)
	// The script writes outside of what is watched: only the installer is to be waited for.
	write(t, filepath.Join(dir, "package.json"), `{"name": "app", "private": true, "dependencies": {"dep": "file:dep.tgz"}, "scripts": {"postinstall": "node after.js"}}`)
	write(t, filepath.Join(dir, "server.js"), usesDep)
	write(t, filepath.Join(dir, "after.js"), afterwards)
	run := func(version int) {
		t.Helper()
		cmd := exec.CommandContext(background(t), "sh", "-c", "rm -rf node_modules && "+strings.Join(npmCI(t, dir, version), " "))
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "npm_config_update_notifier=false")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	run(1)
	h := start(t, options{dir: dir, env: []string{"PORT=" + port}, args: []string{"--ignore", "after.js"}, command: []string{"node", "server.js"}})
	h.serving(1)
	h.waits(2)
	tr := begin(t, getsOnly(), load.ExampleChecks(), "127.0.0.1:"+port)
	tr.answers("1", 20)
	run(2)
	h.serving(2)
	tr.answers("2", 20)
	h.drained(1)
	h.waits(3) // made anew
	write(t, filepath.Join(dir, "server.js"), usesDep+"// saved\n")
	if l := h.serving(3); !l.Standby {
		t.Error("the save after it began cold")
	}
	for _, v := range tr.end().Versions {
		if v.Version != "1" && v.Version != "2" {
			t.Errorf("%+v", v)
		}
	}
}

// wheel is a package of Python in which a version is.
func wheel(t *testing.T, dir string, version int) string {
	t.Helper()
	path := filepath.Join(dir, fmt.Sprintf("dep-%d.0-py3-none-any.whl", version))
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z := zip.NewWriter(f)
	info := fmt.Sprintf("dep-%d.0.dist-info/", version)
	for name, text := range map[string]string{
		"dep.py": fmt.Sprintf("version = %d\n", version), info + "RECORD": "", info + "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
		info + "METADATA": fmt.Sprintf("Metadata-Version: 2.1\nName: dep\nVersion: %d.0\n", version),
	} {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

const pythonUsesDep = `
import dep, http.server, json, os
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *args):
        pass
    def do_GET(self):
        b = json.dumps({"pong": True, "version": dep.version, "pid": os.getpid()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(b)))
        self.end_headers()
        self.wfile.write(b)
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
`

// The same of a virtual environment in the project.
func TestInstalledPythonPackagesAreOneSwap(t *testing.T) {
	t.Parallel()
	needs(t, pythons(t)[0], "-c", "import ensurepip, venv")
	dir, port := t.TempDir(), freePort(t)
	run := func(argv ...string) {
		t.Helper()
		cmd := exec.CommandContext(background(t), argv[0], argv[1:]...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%q: %v\n%s", argv, err, out)
		}
	}
	pip := func(version int) {
		t.Helper()
		run(filepath.Join(dir, ".venv/bin/python"), "-m", "pip", "install", "--quiet", "--no-index", "--disable-pip-version-check", wheel(t, t.TempDir(), version))
	}
	run(pythons(t)[0], "-m", "venv", ".venv")
	pip(1)
	write(t, filepath.Join(dir, "app.py"), pythonUsesDep)
	h := start(t, options{dir: dir, env: []string{"PORT=" + port}, args: []string{unhurried}, command: []string{".venv/bin/python", "app.py"}})
	h.serving(1)
	tr := begin(t, getsOnly(), load.ExampleChecks(), "127.0.0.1:"+port)
	tr.answers("1", 20)
	pip(2)
	h.serving(2)
	tr.answers("2", 20)
	h.drained(1)
	h.waits(3)
	write(t, filepath.Join(dir, "app.py"), pythonUsesDep+"# saved\n")
	if l := h.serving(3); !l.Standby {
		t.Error("the save after it began cold")
	}
	for _, v := range tr.end().Versions {
		if v.Version != "1" && v.Version != "2" {
			t.Errorf("%+v", v)
		}
	}
}
