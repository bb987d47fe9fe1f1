//go:build linux

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// waits returns when the standby of a generation does.
func (h *hotswap) waits(gen int) line {
	h.t.Helper()
	return h.Wait(fmt.Sprintf("the standby of generation %d", gen), func(l line) bool {
		return e2etest.Of("standby", gen)(l) && !untried(l)
	})
}

// untried reports whether a standby waits in whose place a better one comes: a rehearsal has not tried a package yet.
func untried(l line) bool {
	return slices.ContainsFunc(l.Left, func(text string) bool {
		return strings.HasSuffix(text, " has not been tried yet")
	})
}

// Packages with code of their own for the machine (Node-API) are loaded ahead and
// work; one that opens a file behind Node's back while it is loaded is found out by
// its descriptor.
func TestWarmNativeAddons(t *testing.T) {
	t.Parallel()
	install(t, tools())
	dir := t.TempDir()
	packages := filepath.Join(dir, "node_modules")
	store := filepath.Join(packages, "store")
	write(t, filepath.Join(store, "package.json"), `{"name":"store","version":"1.0.0","dependencies":{"lmdb":"*"}}`)
	write(t, filepath.Join(store, "index.js"),
		`module.exports = require('lmdb').open({ path: process.cwd() + '/data' + process.env.HOTSWAP_GENERATION })`)
	for _, name := range []string{"bcrypt", "lmdb"} {
		testkit.NoError(t, os.Symlink(filepath.Join(tools(), "node_modules", name), filepath.Join(packages, name)))
	}
	main := filepath.Join(dir, "main.js")
	text := `const bcrypt = require('bcrypt'), store = require('store')
const loaded = Object.keys(require.cache), at = (part) => loaded.findIndex((f) => f.includes(part))
require('http').createServer(async (q, r) => {
  await store.put('a', 1)
  r.end(JSON.stringify({ version: 1, right: await bcrypt.compare('x', await bcrypt.hash('x', 4)), stored: store.get('a'),
    bcrypt: at('/bcrypt/') < at('main.js'), store: at('/store/') < at('main.js') }))
}).listen(process.env.PORT, '127.0.0.1')
`
	write(t, main, text)
	h := start(t, options{dir: dir, command: []string{"node", "main.js"}})
	h.Serving(1)
	l := h.waits(2)
	if !strings.Contains(strings.Join(l.Left, "\n"), "store writes") {
		t.Errorf("left out: %q", l.Left)
	}
	write(t, main, strings.Replace(text, "version: 1", "version: 2", 1))
	h.warm(2)
	if got, want := ping(h.port), `{"version":2,"right":true,"stored":1,"bcrypt":true,"store":false}`; !strings.Contains(got, want) {
		t.Errorf("it answers %s, want %s", got, want)
	}
}

// Node runs TypeScript by itself. Its translator, which takes long to compile, is loaded before the program begins,
// also where Node's compile cache has what the file becomes: a save may have changed another file.
func TestWarmTranslator(t *testing.T) {
	t.Parallel()
	for _, n := range nodes(t) {
		if n.major < 24 {
			continue // they warn of it, or do not have it
		}
		t.Run(fmt.Sprintf("node%d", n.major), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			other := filepath.Join(dir, "other.mjs")
			text := "export const ahead = process.moduleLoadList.some((name) => name.includes('amaro'))\n"
			write(t, other, text)
			write(t, filepath.Join(dir, "main.mts"), `import { createServer } from 'node:http'
import { ahead } from './other.mjs'
const port: number = Number(process.env.PORT)
createServer((_, res) => res.end('ahead: ' + ahead)).listen(port, '127.0.0.1')
`)
			h := start(t, options{dir: dir, command: []string{n.binary, "main.mts"}})
			h.Serving(1)
			for gen := 2; gen < 5; gen++ {
				h.waits(gen)
				write(t, other, fmt.Sprintf("%s// %d\n", text, gen))
				h.warm(gen)
				if got := ping(h.port); got != "ahead: true" {
					t.Errorf("generation %d: %s", gen, got)
				}
			}
		})
	}
}
