//go:build linux

package e2e

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
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
	testkit.NoError(t, errors.Join(w.Close(), z.Close()))
	return b.String()
}

// New packages are one swap when their installer has ended, together with a save of what imports
// them. No generation starts meanwhile. The save after it finds a standby.
func TestNewPackages(t *testing.T) {
	t.Parallel()
	// The server answers version 1, plus that of each package that it requires; -1 if it began while an installer was at work.
	const halfTree = `
const half = require('fs').existsSync('installing')
const version = 1 /* imports */
require('http').createServer((q, r) => {
  r.end(JSON.stringify({ pong: true, version: half ? -1 : version, pid: process.pid }))
}).listen(Number(process.env.PORT), '127.0.0.1')
`
	dir, packages := t.TempDir(), t.TempDir()
	server, mayEnd, installing := filepath.Join(dir, "server.js"), filepath.Join(packages, "may-end"), filepath.Join(dir, "installing")
	alpha, beta := filepath.Join(packages, "alpha-1.0.0.tgz"), filepath.Join(packages, "beta-1.0.0.tgz")
	// npm installs what its command names without the project's own scripts.
	write(t, alpha, packed(t, "alpha", 1, `"postinstall": "until test -e `+mayEnd+`; do sleep 0.01; done; rm \"$INIT_CWD/installing\""`))
	write(t, beta, packed(t, "beta", 1, ""))
	write(t, server, halfTree)
	write(t, filepath.Join(dir, "package.json"), `{"name": "app", "private": true}`)
	h := start(t, options{dir: dir, command: []string{"node", "server.js"}})
	h.Serving(1)
	h.waits(2)
	tr := h.under(getsOnly())
	write(t, installing, "")
	cmd := exec.CommandContext(background(t), "npm", "install", "--offline", "--no-audit", "--no-fund", "file:"+alpha, "file:"+beta)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "npm_config_update_notifier=false")
	npm := testkit.Start(t, cmd)
	testkit.Eventually(t, func() error { // the first package is there
		_, err := os.Stat(filepath.Join(dir, "node_modules"))
		return err
	})
	write(t, server, strings.Replace(halfTree, "/* imports */", "+ require('alpha').version + require('beta').version", 1))
	tr.More(50)
	write(t, mayEnd, "")
	if code := npm.Wait(); code != 0 {
		t.Fatalf("npm: exit code %d\n%s", code, npm.Output())
	}
	h.Serving(2)
	tr.Answers("3", 20)
	h.waits(3)
	write(t, server, strings.Replace(halfTree, "/* imports */", "+ require('alpha').version + require('beta').version + 1", 1))
	h.warm(3)
	tr.Answers("4", 20)
	for _, v := range tr.end(t).Versions {
		if v.Version == "-1" {
			t.Errorf("a generation was started meanwhile: %+v", v)
		}
	}
	h.signal(os.Interrupt)
	h.Exit()
	if n := h.Count(is("serving")); n != 3 {
		t.Errorf("%d generations served, want 3", n)
	}
}
