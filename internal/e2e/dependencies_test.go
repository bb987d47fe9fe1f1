//go:build linux

package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/load"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// halfTree answers version 1, plus that of each package that it requires; -1 if it began
// while an installer was at work.
const halfTree = `
const half = require('fs').existsSync('installing')
const http = require('http')
const version = 1 /* imports */
http.createServer((q, r) => {
  r.end(JSON.stringify({ pong: true, version: half ? -1 : version, pid: process.pid }))
}).listen(Number(process.env.PORT), '127.0.0.1')
`

// imports is the program with the imports of two packages: its version is 3.
var imports = strings.Replace(halfTree, "/* imports */", "+ require('alpha').version + require('beta').version", 1)

// endsInstallation is the last that an installer does. It takes its time, and ends when there is the file MAY_END.
const endsInstallation = `setTimeout(function end() {
  if (!require('fs').existsSync('MAY_END')) return setTimeout(end, 10)
  require('fs').rmSync(__dirname + '/installing', { force: true })
}, 1000)`

// installation is a project whose packages come later.
type installation struct {
	*testing.T
	dir, port string
	argv      []string
	server    string
	mayEnd    string // a file
}

func (i installation) begin() (end func()) {
	i.Helper()
	write(i.T, filepath.Join(i.dir, "installing"), "")
	cmd := exec.CommandContext(background(i.T), i.argv[0], i.argv[1:]...)
	cmd.Dir, cmd.Env = i.dir, append(os.Environ(), "npm_config_update_notifier=false")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	testkit.NoError(i, cmd.Start())
	return func() {
		i.Helper()
		write(i.T, i.mayEnd, "")
		if err := cmd.Wait(); err != nil {
			i.Fatalf("%q: %v\n%s", i.argv, err, &out)
		}
		if _, err := os.Stat(filepath.Join(i.dir, "installing")); err == nil {
			i.Fatal("the script of the packages did not run")
		}
	}
}

// half waits until the first package is there and the installer is still at work.
func (i installation) half() {
	i.Helper()
	testkit.Eventually(i.T, func() error {
		_, err := os.Stat(filepath.Join(i.dir, "node_modules"))
		return err
	})
}

// New packages are one swap when their installer has ended, together with a save of what imports
// them. No generation starts meanwhile.
func TestNewPackages(t *testing.T) {
	t.Parallel()
	install(t, tools())
	install(t, filepath.Join(root, "examples/fleet"))
	modules := filepath.Join(tools(), "node_modules")
	for name, argv := range map[string][]string{
		"npm install":  {"npm", "install", "--offline", "--no-audit", "--no-fund"},
		"pnpm install": {filepath.Join(modules, ".bin/pnpm"), "install", "--offline", "--no-frozen-lockfile"},
		"yarn add":     {"node", filepath.Join(modules, "yarn/bin/yarn.js"), "add", "--offline"},
		"bun add":      {fleetBun(), "add"},
	} {
		t.Run(name, func(t *testing.T) {
			spare(t, name != "npm install")
			t.Parallel()
			i := installation{T: t, dir: t.TempDir(), port: freePort(t), mayEnd: filepath.Join(t.TempDir(), "may-end")}
			i.server = filepath.Join(i.dir, "server.js")
			write(t, i.server, halfTree)
			write(t, filepath.Join(i.dir, "after.js"), strings.ReplaceAll(endsInstallation, "MAY_END", i.mayEnd))
			// npm installs what its command names without the project's own scripts.
			tgz, scripts := t.TempDir(), map[bool]string{true: `"postinstall": "node \"$INIT_CWD/after.js\""`}[strings.HasPrefix(name, "npm")]
			alpha, beta := filepath.Join(tgz, "alpha-1.0.0.tgz"), filepath.Join(tgz, "beta-1.0.0.tgz")
			write(t, alpha, packed(t, "alpha", 1, scripts))
			write(t, beta, packed(t, "beta", 1, ""))
			i.argv = append(argv[:len(argv):len(argv)], "file:"+alpha, "file:"+beta)
			if name == "yarn add" { // which does not lock its cache
				i.argv = append(i.argv, "--cache-folder", filepath.Join(t.TempDir(), "cache"))
			}
			dependencies := "{}"
			if strings.HasPrefix(name, "pnpm") { // of which the same holds for pnpm add
				i.argv, dependencies = argv, fmt.Sprintf(`{"alpha": "file:%s", "beta": "file:%s"}`, alpha, beta)
			}
			write(t, filepath.Join(i.dir, "package.json"), `{"name": "app", "private": true, "scripts": {"postinstall": "node after.js"}, "dependencies": `+dependencies+`}`)
			h := start(t, options{dir: i.dir, env: []string{"PORT=" + i.port}, args: []string{"--ignore", "after.js"}, command: []string{"node", "server.js"}})
			h.Serving(1)
			h.waits(2)
			tr := begin(t, getsOnly(), load.ExampleChecks(), "127.0.0.1:"+i.port)
			tr.Answers("1", 20)
			end := i.begin()
			i.half()
			write(t, i.server, imports)
			tr.More(50)
			end()
			h.Serving(2)
			tr.Answers("3", 20)
			for _, v := range tr.end(t).Versions {
				if v.Version == "-1" {
					t.Errorf("a generation was started meanwhile: %+v", v)
				}
			}
			h.signal(os.Interrupt)
			h.Exit()
			if n := h.Count(is("serving")); n != 2 {
				t.Errorf("%d generations served, want 2", n)
			}
		})
	}
}
