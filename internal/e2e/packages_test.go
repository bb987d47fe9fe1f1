//go:build linux

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// New packages are one swap when their installer has written its list. (npm saves package.json a moment later, which
// may be another one.) No generation starts meanwhile. The save after it finds a standby.
func TestNewPackages(t *testing.T) {
	t.Parallel()
	// The server answers version 1, plus that of each package that is there; -1 if it began while an installer was at
	// work.
	const halfTree = `
const half = require('fs').existsSync('installing')
let version = 1
for (const name of ['alpha', 'beta']) try { version += require(name).version } catch {}
require('http').createServer((q, r) => {
  r.end(JSON.stringify({ pong: true, version: half ? -1 : version, pid: process.pid }))
}).listen(Number(process.env.PORT), '127.0.0.1')
`
	dir, packages := t.TempDir(), t.TempDir()
	server, mayEnd, installing := filepath.Join(dir, "server.js"), filepath.Join(packages, "may-end"),
		filepath.Join(dir, "installing")
	// npm installs what its command names without the project's own scripts.
	for name, scripts := range map[string]string{
		"alpha": `"postinstall": "until test -e ` + mayEnd + `; do sleep 0.01; done; rm \"$INIT_CWD/installing\""`,
		"beta":  "",
	} {
		write(t, filepath.Join(packages, name, "package.json"),
			fmt.Sprintf(`{"name": %q, "version": "1.0.0", "scripts": {%s}}`, name, scripts))
		write(t, filepath.Join(packages, name, "index.js"), "exports.version = 1")
	}
	execute(t, packages, nil, "npm", "pack", "./alpha", "./beta")
	write(t, server, halfTree)
	write(t, filepath.Join(dir, "package.json"), `{"name": "app", "private": true}`)
	h := start(t, options{dir: dir, command: []string{"node", "server.js"}})
	h.Serving(1)
	h.waits(2)
	tr := h.under(getsOnly())
	write(t, installing, "")
	cmd := exec.CommandContext(background(t), "npm", "install", "--no-save", "--offline", "--no-audit", "--no-fund",
		"file:"+packages+"/alpha-1.0.0.tgz", "file:"+packages+"/beta-1.0.0.tgz")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "npm_config_update_notifier=false")
	npm := testkit.Start(t, cmd)
	testkit.Eventually(t, func() error { // the first package is there
		_, err := os.Stat(filepath.Join(dir, "node_modules"))
		return err
	})
	tr.More(50)
	write(t, mayEnd, "")
	if code := npm.Wait(); code != 0 {
		t.Fatalf("npm: exit code %d\n%s", code, npm.Output())
	}
	h.Serving(2)
	tr.Answers("3", 20)
	h.waits(3)
	write(t, server, strings.Replace(halfTree, "let version = 1", "let version = 2", 1))
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
