//go:build linux

package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// A generator puts a client into node_modules, as prisma generate does: it removes the old files and writes new ones.
// Each run is a swap to the new client, and loses no request. An installer whose script runs it is one swap. What the
// program generates before it starts is none, although each run writes something else.
func TestAGeneratedClient(t *testing.T) {
	const generator = `
		import fs from 'node:fs'
		const dir = 'node_modules/.x/client/', version = fs.readFileSync('schema.txt', 'utf8')
		fs.mkdirSync(dir, { recursive: true })
		for (const name of fs.readdirSync(dir)) fs.rmSync(dir + name)
		fs.writeFileSync(dir + 'index.js', 'module.exports = require("./version.js")')
		fs.writeFileSync(dir + 'unused.js', '// ' + version)
		fs.writeFileSync(dir + 'version.js', 'exports.version = ' + version + ' // ' + Date.now())`
	for _, dev := range []string{"node server.mjs", "tsx server.mjs", "npm run dev"} {
		t.Run(dev, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, filepath.Join(dir, "package.json"), `{"private": true, "scripts":
				{"dev": "node generate.mjs && node server.mjs", "postinstall": "sleep 0.5 && node generate.mjs"}}`)
			write(t, filepath.Join(dir, "generate.mjs"), generator)
			write(t, filepath.Join(dir, "server.mjs"),
				strings.Replace(oddServer, "FROM", "./node_modules/.x/client/index.js", 1))
			command := strings.Fields(dev)
			if command[0] == "tsx" {
				install(t, filepath.Join(root, "internal/e2e/testdata/tools"))
				command[0] = filepath.Join(root, "internal/e2e/testdata/tools/node_modules/.bin/tsx")
			}
			generate := func(version string, argv ...string) {
				write(t, filepath.Join(dir, "schema.txt"), version)
				execute(t, dir, nil, argv...)
			}
			install := []string{"npm", "install", "--offline", "--no-audit", "--no-fund"}
			generate("1", install...)
			h := start(t, options{dir: dir, args: []string{"--verbose"}, command: command})
			tr := h.under(getsOnly())
			for i, argv := range [][]string{{"node", "generate.mjs"}, {"node", "generate.mjs"}, install} {
				h.Wait("what is loaded", isEvent("follows", i+1, ""))
				version := string(rune('2' + i))
				generate(version, argv...)
				h.Wait("the generated file is named", func(l line) bool {
					return e2etest.Of("serving", i+2)(l) && slices.Contains(l.Files, "node_modules/.x/client/version.js")
				})
				tr.Answers(version, 20)
			}
			tr.end(t)
			h.signal(os.Interrupt)
			h.Exit()
			if n := h.Count(is("serving")); n != 4 {
				t.Errorf("%d generations served, want 4", n)
			}
		})
	}
}

// Some editors and agents save a file by removing it and making a new one. A start between would fail.
func TestAFileThatComesBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "server.mjs"), strings.Replace(oddServer, "FROM", "./version.mjs", 1))
	file := filepath.Join(dir, "version.mjs")
	write(t, file, "export const version = 1")
	h := start(t, options{dir: dir, command: []string{"node", "server.mjs"}})
	h.Serving(1)
	write(t, filepath.Join(dir, "next"), "export const version = 2")
	execute(t, dir, nil, "sh", "-c", "rm version.mjs; sleep 0.15; mv next version.mjs")
	h.Serving(2)
	if got := get("http://" + h.addr()); !strings.Contains(got, "2") {
		t.Errorf("%s is answered", got)
	}
	testkit.NoError(t, os.Remove(file))
	h.Wait("a file that stays away is a change", isEvent("failed", 3, ""))
	if n := h.Count(is("failed")); n != 1 {
		t.Errorf("%d starts have failed, want 1", n)
	}
}
