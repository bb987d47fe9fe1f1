//go:build linux

package e2e

import (
	"errors"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// slowPackage is a project with a package that takes two seconds to load.
func slowPackage(t *testing.T) (dir, version string) {
	t.Helper()
	dir = t.TempDir()
	version = filepath.Join(dir, "version.js")
	write(t, filepath.Join(dir, "package.json"), `{"private":true}`)
	write(t, filepath.Join(dir, "node_modules", "slow", "package.json"), `{"name":"slow","version":"1.0.0","main":"index.js"}`)
	write(t, filepath.Join(dir, "node_modules", "slow", "index.js"), "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000)\n")
	write(t, version, "module.exports = 1\n")
	write(t, filepath.Join(dir, "main.js"), "require('slow')\nconst v = require('./version')\nrequire('http').createServer((q, r) => r.end(String(v))).listen(process.env.PORT, '127.0.0.1')\n")
	return dir, version
}

// While somebody saves faster than a rehearsal lasts, the rehearsal goes on beside the starts. So in
// the end there are standbys. No number is skipped meanwhile.
func TestRehearsalOutlastsSaves(t *testing.T) {
	t.Parallel()
	dir, version := slowPackage(t)
	h := start(t, options{dir: dir, args: []string{"--verbose"}, env: []string{"PORT=" + freePort(t)}, command: []string{"node", "main.js"}})
	h.Serving(1)
	testkit.Eventually(t, func() error {
		out, err := exec.Command(binary, "status", "--json", "--pid", strconv.Itoa(h.pid())).Output()
		if err == nil && !strings.Contains(string(out), `"rehearsal":`) {
			err = errors.New("no rehearsal has begun")
		}
		return err
	})
	for began, v := time.Now(), 2; ; v++ {
		save(t, version, v)
		if h.Serving(v).Standby {
			return
		}
		if time.Since(began) > patience {
			t.Fatal("no start was a standby")
		}
	}
}
