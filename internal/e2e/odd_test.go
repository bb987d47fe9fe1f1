//go:build linux

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// tools are package managers and loaders, installed once.
var tools = sync.OnceValue(func() string { return filepath.Join(root, "internal/e2e/testdata/tools") })

// oddServer is the program; its version comes from another file or package.
const oddServer = `
import { version } from 'FROM'
import http from 'node:http'
http.createServer((q, r) => r.end(JSON.stringify({ pong: true, version, pid: process.pid }))).listen(Number(process.env.PORT), '127.0.0.1')
`

// oddCase is a project as people have them.
type oddCase struct {
	name    string
	folder  string            // below the temporary one; the project's
	files   map[string]string // relative to that
	links   map[string]string // likewise
	command []string
	env     []string
	save    string // the file of the version
	blind   bool   // the adapter does not get there
	cold    string // why there is no standby; "": the save is taken by one
}

// The adapter gets into the program whatever its wrapper, path and options: a save swaps
// without a loss, and what the program has loaded is known.
func TestOddProjects(t *testing.T) {
	t.Parallel()
	install(t, tools())
	modules := filepath.Join(tools(), "node_modules")
	plain := func(script string) map[string]string {
		return map[string]string{
			"package.json": `{ "name": "odd", "private": true, "type": "module", "scripts": { "dev": "` + script +
				`" } }`,
			"server.mjs":  strings.Replace(oddServer, "FROM", "./version.mjs", 1),
			"version.mjs": "export const version = 1",
		}
	}
	linked := map[string]string{"node_modules": modules}
	for _, c := range []oddCase{
		{name: "odd path", folder: `it's "odd" ü %20 #1 ?`, files: plain("node server.mjs"),
			command: []string{"npm", "run", "dev"}, save: "version.mjs"},
		{name: "own NODE_OPTIONS",
			files: merge(plain(""), map[string]string{"a b.cjs": "globalThis.first = 1",
				"pre.mjs": "if (!globalThis.first) process.exit(9); globalThis.second = 1",
				"server.mjs": "if (!globalThis.second) process.exit(8)\n" + strings.Replace(oddServer, "FROM",
					"./version.mjs", 1)}),
			command: []string{"node", "server.mjs"},
			env:     []string{`NODE_OPTIONS=--max-old-space-size=300 --require "./a b.cjs" --import ./pre.mjs`},
			save:    "version.mjs", cold: "is code of the project"},
		{name: "NODE_OPTIONS overwritten", files: plain("cross-env NODE_OPTIONS=--no-warnings node server.mjs"),
			links: linked, command: []string{"npm", "run", "dev"}, save: "version.mjs", blind: true,
			cold: "no process tells what it has loaded"},
		{name: "a tool that serves",
			files: merge(plain(""),
				map[string]string{"node_modules/runner/bin.cjs": "globalThis.http = require('http')\n" +
					"eval(process.argv.slice(2).map((f) => require('fs').readFileSync(f, 'utf8').replace(/^import.*|^export /gm, '')).join('\\n'))"}),
			command: []string{"node", "node_modules/runner/bin.cjs", "version.mjs", "server.mjs"}, save: "version.mjs"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t)
		})
	}
}

func merge(a, b map[string]string) map[string]string {
	for k, v := range b {
		a[k] = v
	}
	return a
}

func (c oddCase) run(t *testing.T) {
	dir := filepath.Join(t.TempDir(), filepath.FromSlash(c.folder))
	for name, text := range c.files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		write(t, file, text)
	}
	for name, to := range c.links {
		testkit.NoError(t, os.Symlink(to, filepath.Join(dir, name)))
	}
	h := start(t, options{dir: dir, args: []string{"--verbose", "--probation", "0"},
		env: append(c.env, "npm_config_update_notifier=false"), command: c.command})
	kinds := getsOnly()
	if c.blind {
		kinds = resting(kinds)
	}
	tr := h.under(kinds)
	// What is loaded is known when the adapter has come through.
	if !c.blind {
		if l := h.Wait("what is loaded", e2etest.Of("follows", 1)); l.Loaded < 2 {
			t.Errorf("%d files are known to be loaded", l.Loaded)
		}
	} else {
		h.Wait("the hint", func(l line) bool {
			return l.Event == "adapter-missing" && strings.Contains(l.Message, `"$NODE_OPTIONS --no-warnings"`)
		})
	}
	ahead := h.Wait("a standby, or why there is none", func(l line) bool {
		return l.Gen == 2 && (l.Event == "standby" || l.Event == "no-standby" && !l.Again)
	})
	if (ahead.Event == "standby") != (c.cold == "") || !strings.Contains(ahead.Message, c.cold) {
		t.Errorf("%s", ahead.Message)
	}
	save(t, filepath.Join(dir, filepath.FromSlash(c.save)), 2)
	if l := h.Serving(2); l.Standby != (c.cold == "") {
		t.Errorf("generation 2 is begun warm: %v", l.Standby)
	}
	tr.Answers("2", 20)
	h.drains(1)
	if s := tr.end(t); s.Closes.Raced > 0 && !c.blind {
		t.Errorf("closes: %+v", s.Closes)
	}
}
