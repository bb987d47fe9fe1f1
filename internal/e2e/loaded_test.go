//go:build linux

package e2e

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

func isEvent(event string, gen int, text string) func(line) bool {
	return func(l line) bool { return l.Event == event && l.Gen == gen && strings.Contains(l.Message, text) }
}

// A build that is part of the command and fails has written files that the old generation has loaded,
// as nest start does with deleteOutDir. They start nothing, so the save that mends it is the next start.
func TestAFailedBuildOfItsOwn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, ".gitignore"), "dist\n")
	write(t, filepath.Join(dir, "package.json"),
		`{"private":true,"scripts":{"dev":"rm -rf dist && node build.mjs && node dist/main.mjs"}}`)
	write(t, filepath.Join(dir, "build.mjs"), `
		import fs from 'node:fs'
		fs.mkdirSync('dist')
		for (const f of fs.readdirSync('src')) fs.writeFileSync('dist/' + f, fs.readFileSync('src/' + f))
		if (fs.readFileSync('src/version.mjs').includes('broken')) {
			fs.writeFileSync('written', 'x')
			setInterval(() => fs.existsSync('go') && process.exit(1), 10)
			await new Promise(() => {})
		}`)
	write(t, filepath.Join(dir, "hotswap.yaml"), `on: [{change: seen.txt, run: "true", do: nothing}]`)
	write(t, filepath.Join(dir, "src", "main.mjs"), strings.Replace(oddServer, "FROM", "./version.mjs", 1))
	write(t, filepath.Join(dir, "src", "version.mjs"), "export const version = 1")
	h := start(t, options{dir: dir, args: []string{"--verbose"}, command: []string{"npm", "run", "dev"}})
	h.Serving(1)
	h.Wait("what is loaded", isEvent("follows", 1, ""))
	write(t, filepath.Join(dir, "src", "version.mjs"), "export const version = 'broken'")
	awaitFile(t, filepath.Join(dir, "written"))
	write(t, filepath.Join(dir, "seen.txt"), "")
	h.Wait("all that was written before is known", is("step"))
	write(t, filepath.Join(dir, "go"), "")
	h.Wait("the build fails", isEvent("failed", 2, ""))
	write(t, filepath.Join(dir, "src", "version.mjs"), "export const version = 3")
	l := h.Wait("a generation serves", func(l line) bool { return l.Event == "serving" && l.Gen > 1 })
	// If the step for seen.txt was still running, that file is named too.
	if l.Gen != 3 || slices.ContainsFunc(l.Files, func(f string) bool { return strings.HasPrefix(f, "dist/") }) {
		t.Errorf("generation %d serves, for %q", l.Gen, l.Files)
	}
}

// known waits until it is known what generation n has loaded, and whether code besides counts.
func (h *hotswap) known(n int, exact bool) {
	h.t.Helper()
	text := "changes of other code count, too"
	if exact {
		text = "changes of code that it has not loaded do nothing"
	}
	h.Wait("what is loaded", isEvent("follows", n, text))
}

// ignores waits until changes of a file have done nothing.
func (h *hotswap) ignores(file string) {
	h.t.Helper()
	h.Wait(file+" is not loaded", func(l line) bool {
		return l.Event == "ignored" && strings.Contains(l.Message, file)
	})
}

// What a browser, a test runner or a bundler loads does not concern a backend in the same folder; what the backend
// reads does, however it does that: issue 24.
func TestOnlyWhatIsRead(t *testing.T) {
	t.Parallel()
	dir, bun := bunProgram(t)
	linkModules(t, dir, "internal/e2e/testdata/tools")
	write(t, filepath.Join(dir, "src/server.ts"), `
		import http from 'node:http'
		import { readFileSync } from 'node:fs'
		import { readFile } from 'node:fs/promises'
		const inline = readFileSync('web/inline.js', 'utf8'), also = await readFile('web/also.js', 'utf8')
		http.createServer(async (q, r) => r.end(inline + also + (await import('./lazy.ts')).version)).listen(process.env.PORT, '127.0.0.1')`)
	const lazy = "src/lazy.ts"
	write(t, filepath.Join(dir, lazy), "export const version = 1")
	write(t, filepath.Join(dir, "package.json"),
		`{"private":true,"type":"module","scripts":{"dev":"tsx src/server.ts"}}`)
	unread := []string{"web/page.jsx", "e2e/a.test.ts", "web/vite.config.js"}
	for _, file := range append([]string{"web/inline.js", "web/first.js"}, unread...) {
		write(t, filepath.Join(dir, file), "1")
	}
	also, next := filepath.Join(dir, "web/also.js"), filepath.Join(dir, "web/next")
	write(t, filepath.Join(dir, "web/version.ts"), "export const version = 4")
	testkit.NoError(t, errors.Join(os.Symlink("first.js", also), os.Symlink("page.jsx", next)))
	h := start(t, options{dir: dir, args: []string{"--verbose", "--probation", "0"},
		command: []string{bun, "run", "dev"}})
	h.Serving(1)
	h.known(1, true)
	for _, file := range unread {
		write(t, filepath.Join(dir, file), "2")
		h.ignores(file)
	}
	write(t, filepath.Join(dir, lazy), "export const version = 2")
	h.ignores(lazy)
	if got := get("http://" + h.addr()); got != "112" {
		t.Errorf("%s is answered", got)
	}
	for i, save := range []func(){
		func() { write(t, filepath.Join(dir, lazy), "export const version = 3") },
		func() { write(t, filepath.Join(dir, "web/inline.js"), "3") },
		func() { testkit.NoError(t, os.Rename(next, also)) }, // a link leads elsewhere
		func() { // a link takes the place of a file, and a file that of the link
			testkit.NoError(t, errors.Join(os.Symlink("../web/version.ts", next),
				os.Rename(next, filepath.Join(dir, lazy))))
		},
		func() {
			write(t, next, "export const version = 5")
			testkit.NoError(t, os.Rename(next, filepath.Join(dir, lazy)))
		},
	} {
		save()
		h.Serving(i + 2)
		h.known(i+2, true)
	}
	if got := get("http://" + h.addr()); got != "325" {
		t.Errorf("%s is answered", got)
	}
}

// The shell script by which pnpm starts a program runs small programs, and then becomes Node. These have read no code.
func TestShimsReadNoCode(t *testing.T) {
	t.Parallel()
	dir, shim := t.TempDir(), "node_modules/.bin/tsx"
	write(t, filepath.Join(dir, shim), `#!/bin/sh
basedir=$(dirname "$(echo "$0" | sed -e 's,\\\\,/,g')")
case $(uname) in *CYGWIN*) basedir=$(cygpath -w "$basedir");; esac
export NODE_PATH="$basedir/../of-pnpm"
exec node "$basedir/../tsx/dist/cli.mjs" "$@"
`)
	testkit.NoError(t, os.Chmod(filepath.Join(dir, shim), 0o755))
	testkit.NoError(t, os.Symlink(filepath.Join(root, "examples/hono-cdc/node_modules/tsx"),
		filepath.Join(dir, "node_modules/tsx")))
	write(t, filepath.Join(dir, "package.json"), `{"private":true}`)
	write(t, filepath.Join(dir, "src/server.mjs"),
		"import http from 'node:http'\nhttp.createServer((q, r) => r.end('1')).listen(process.env.PORT, '127.0.0.1')")
	h := start(t, options{dir: dir, args: []string{"--verbose", "--probation", "0"},
		command: []string{"./" + shim, "src/server.mjs"}})
	h.Serving(1)
	h.known(1, true)
	h.Wait("the next one starts by itself, with the variable of its script", isEvent("direct", 2, "without tsx"))
}

// A queue's worker without a port, whose children are forked as those of Celery, loads what a
// task needs when the task comes.
func TestOnlyWhatPythonReads(t *testing.T) {
	t.Parallel()
	python, dir := pythons(t)[0], t.TempDir()
	write(t, filepath.Join(dir, "worker.py"), `
import os, time, platform, ctypes.util
platform.processor() # runs uname, as Celery does when it starts
ctypes.util.find_library('c') # runs ldconfig
import tasks
open('text.py').read()
if os.fork() == 0:
    os.write(2, b'{"level":"info","event":"up","gen":%d}\n' % int(os.environ['HOTSWAP_GENERATION']))
    while True:
        if os.path.exists('task'):
            import lazy
            os.rename('task', 'done')
        time.sleep(0.01)
os.wait()
`)
	for _, file := range []string{"tasks.py", "lazy.py", "text.py", "prod.py"} {
		write(t, filepath.Join(dir, file), "a = 1")
	}
	h := start(t, options{
		dir: dir, env: words("PORT="), args: words("--verbose --probation 0 --ready-timeout 5s"),
		command: []string{python, "worker.py"},
	})
	begins := func(why string, gen int) { // without a port "running" tells nothing of how far it is
		h.Wait(why, e2etest.Of("running", gen))
		h.Wait(why, e2etest.Of("up", gen))
	}
	begins("it runs", 1)
	h.known(1, true)
	for _, file := range []string{"prod.py", "lazy.py"} {
		write(t, filepath.Join(dir, file), "a = 22")
		h.ignores(file)
	}
	for i, file := range []string{"tasks.py", "text.py"} {
		write(t, filepath.Join(dir, file), "a = 22")
		begins(file, i+2)
		h.known(i+2, true)
	}
	write(t, filepath.Join(dir, "task"), "")
	awaitFile(t, filepath.Join(dir, "done"))
	write(t, filepath.Join(dir, "lazy.py"), "a = 333")
	begins("what a child has loaded", 4)
	write(t, filepath.Join(dir, "tasks.py"), "import subprocess\nsubprocess.run(['true'])\nsubprocess.run(['uname'])")
	h.Wait("it runs another program", e2etest.Of("running", 5))
	h.known(5, false)
}
