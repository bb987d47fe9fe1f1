//go:build linux

package e2e

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func isEvent(event string, gen int, text string) func(line) bool {
	return func(l line) bool { return l.Event == event && l.Gen == gen && strings.Contains(l.Message, text) }
}

// What the command's own build writes is no reason for a second swap; what another
// build writes is one.
func TestBuildOfItsOwn(t *testing.T) {
	t.Parallel()
	dir, port := t.TempDir(), freePort(t)
	if err := os.Mkdir(filepath.Join(dir, "src"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, ".gitignore"), "dist\n")
	write(t, filepath.Join(dir, "package.json"), `{"private":true,"scripts":{"dev":"rm -rf dist && node build.mjs && node dist/main.mjs"}}`)
	write(t, filepath.Join(dir, "build.mjs"), `import fs from 'node:fs'; fs.mkdirSync('dist'); for (const f of fs.readdirSync('src')) fs.writeFileSync('dist/' + f, fs.readFileSync('src/' + f))`)
	write(t, filepath.Join(dir, "src", "main.mjs"), strings.Replace(oddServer, "FROM", "./version.mjs", 1))
	write(t, filepath.Join(dir, "src", "version.mjs"), "export const version = 1")
	h := start(t, options{dir: dir, args: []string{"--verbose"}, env: []string{"PORT=" + port}, command: []string{"npm", "run", "dev"}})
	h.serving(1)
	h.wait("what is loaded", isEvent("follows", 1, ""))
	for v := 2; v <= 3; v++ {
		save(t, filepath.Join(dir, "src", "version.mjs"), v)
		h.serving(v)
		h.nth("what is loaded", 1, isEvent("follows", v, ""))
		h.wait("its own build is known", func(l line) bool { return l.Event == "ignored" && strings.Contains(l.Message, "a build made it") })
	}
	time.Sleep(3 * time.Second) // a pace: nothing more is to come
	save(t, filepath.Join(dir, "dist", "version.mjs"), 9)
	h.serving(4)
	if n := h.count(func(l line) bool { return l.Event == "serving" }); n != 4 {
		t.Errorf("%d generations for three saves", n)
	}
}

// A build that is part of the command and fails has written files that the old generation has loaded,
// as nest start does with deleteOutDir. They start nothing, so the save that mends it is the next start.
func TestAFailedBuildOfItsOwn(t *testing.T) {
	t.Parallel()
	dir, port := t.TempDir(), freePort(t)
	if err := os.Mkdir(filepath.Join(dir, "src"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, ".gitignore"), "dist\n")
	write(t, filepath.Join(dir, "package.json"), `{"private":true,"scripts":{"dev":"rm -rf dist && node build.mjs && node dist/main.mjs"}}`)
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
	h := start(t, options{dir: dir, args: []string{"--verbose"}, env: []string{"PORT=" + port}, command: []string{"npm", "run", "dev"}})
	h.serving(1)
	h.wait("what is loaded", isEvent("follows", 1, ""))
	write(t, filepath.Join(dir, "src", "version.mjs"), "export const version = 'broken'")
	awaitFile(t, filepath.Join(dir, "written"))
	write(t, filepath.Join(dir, "seen.txt"), "")
	h.wait("all that was written before is known", is("step"))
	write(t, filepath.Join(dir, "go"), "")
	h.wait("the build fails", isEvent("failed", 2, ""))
	write(t, filepath.Join(dir, "src", "version.mjs"), "export const version = 3")
	l := h.wait("a generation serves", func(l line) bool { return l.Event == "serving" && l.Gen > 1 })
	if l.Gen != 3 || !slices.Equal(l.Files, []string{"src/version.mjs"}) {
		t.Errorf("generation %d serves, for %q", l.Gen, l.Files)
	}
}

// With --only-loaded a file counts from the moment on in which it is loaded.
func TestOnlyLoaded(t *testing.T) {
	t.Parallel()
	dir, port := t.TempDir(), freePort(t)
	write(t, filepath.Join(dir, "lazy.mjs"), "export const version = 1")
	write(t, filepath.Join(dir, "server.mjs"), `
		import http from 'node:http'
		http.createServer(async (q, r) => r.end(String((await import('./lazy.mjs')).version))).listen(process.env.PORT, '127.0.0.1')`)
	h := start(t, options{dir: dir, args: []string{"--verbose", "--only-loaded", "--probation", "0"}, env: []string{"PORT=" + port}, command: []string{"node", "server.mjs"}})
	h.serving(1)
	h.wait("what is loaded", isEvent("follows", 1, ""))
	save(t, filepath.Join(dir, "lazy.mjs"), 2)
	h.wait("nobody has loaded it", func(l line) bool { return l.Event == "ignored" && strings.Contains(l.Message, "lazy.mjs") })
	fresh := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for v := 2; v <= 3; v++ {
		res, err := fresh.Get("http://127.0.0.1:" + port)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if want := string(rune('0' + v)); string(b) != want {
			t.Errorf("%s is answered, want %s", b, want)
		}
		if v == 2 {
			save(t, filepath.Join(dir, "lazy.mjs"), 3)
			h.serving(2)
		}
	}
}

// With --only-loaded every change of code counts while some process runs code of which
// nobody tells.
func TestOnlyLoadedBesideStrangers(t *testing.T) {
	t.Parallel()
	dir, port := t.TempDir(), freePort(t)
	write(t, filepath.Join(dir, "child.mjs"), "setInterval(() => {}, 1e6)")
	write(t, filepath.Join(dir, "server.mjs"), `
		import http from 'node:http'
		import { spawn } from 'node:child_process'
		spawn(process.execPath, ['child.mjs'], { env: {} })
		http.createServer((q, r) => r.end('x')).listen(process.env.PORT, '127.0.0.1')`)
	h := start(t, options{dir: dir, args: []string{"--verbose", "--only-loaded", "--probation", "0"}, env: []string{"PORT=" + port}, command: []string{"node", "server.mjs"}})
	h.serving(1)
	h.wait("what is loaded", isEvent("follows", 1, ""))
	save(t, filepath.Join(dir, "child.mjs"), 2)
	h.serving(2)
}
