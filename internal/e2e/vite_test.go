//go:build linux

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/load"
)

// viteConfig answers as the examples do, with the version of a package that the process has loaded.
const viteConfig = `
import { version } from 'dep'
const answer = (_, response) => response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ pong: true, version, pid: process.pid }))
export default { clearScreen: false, server: { allowedHosts: ['a'] }, plugins: [{ name: 'ping', configureServer: (server) => void server.middlewares.use('/ping', answer) }] }`

var viteToken = regexp.MustCompile(`wsToken = "([^"]+)"`)

// hotClient connects as the script does that Vite gives to browsers, after the page has loaded its modules.
func hotClient(h *hotswap) *framer {
	h.t.Helper()
	token := viteToken.FindStringSubmatch(get("http://" + h.addr() + "/@vite/client"))
	if token == nil {
		h.t.Fatal("Vite's client has no token")
	}
	// What main.js imports comes first: Vite reads it ahead, and hotswap may ask before the browser does.
	for _, module := range []string{"/src/value.js", "/src/main.js"} {
		if text := get("http://" + h.addr() + module); !strings.Contains(text, "value") {
			h.t.Fatalf("%s: %s", module, text)
		}
	}
	f := dialFrames(h.t, h.port, "/?token="+token[1], "Sec-WebSocket-Protocol: vite-hmr\r\n")
	if text, err := f.hear(); text != `{"type":"connected"}` {
		h.t.Fatalf("Vite says %s, %v", text, err)
	}
	return f
}

// Below hotswap Vite updates its sources in the browser, and hotswap does nothing. Installed packages are a swap:
// Vite's clients are told and find the new server, and no request is lost.
func TestViteReloadsItsOwnSources(t *testing.T) {
	t.Parallel()
	source := filepath.Join(root, "internal/e2e/testdata/vite")
	install(t, source)
	dir := t.TempDir()
	packages := filepath.Join(dir, "node_modules")
	entries, err := os.ReadDir(filepath.Join(source, "node_modules"))
	if err != nil || os.Mkdir(packages, 0o755) != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name()[0] != '.' || e.Name() == ".bin" { // Vite writes .vite, an installer its list
			_ = os.Symlink(filepath.Join(source, "node_modules", e.Name()), filepath.Join(packages, e.Name()))
		}
	}
	installs := func(version int) {
		write(t, filepath.Join(packages, "dep/package.json"),
			fmt.Sprintf(`{"name":"dep","version":"%d.0.0","type":"module","main":"index.js"}`, version))
		write(t, filepath.Join(packages, "dep/index.js"), fmt.Sprintf("export const version = %d", version))
		// last, as npm does
		write(t, filepath.Join(packages, ".package-lock.json"),
			fmt.Sprintf(`{"packages":{"node_modules/dep":{"version":"%d.0.0"}}}`, version))
	}
	installs(1)
	write(t, filepath.Join(dir, "package.json"),
		`{"private":true,"type":"module","scripts":{"dev":"vite --host 127.0.0.1 --strictPort"}}`)
	write(t, filepath.Join(dir, "vite.config.js"), viteConfig)
	write(t, filepath.Join(dir, "index.html"), `<script type="module" src="/src/main.js"></script>`)
	write(t, filepath.Join(dir, "src/main.js"),
		"import { value } from './value.js'\nimport.meta.hot.accept('./value.js', () => {})\nconsole.log(value)")
	write(t, filepath.Join(dir, "src/value.js"), "export const value = 1")
	h := start(t, options{dir: dir, args: []string{"--verbose", "--ready-timeout", patience.String()},
		command: []string{"npm", "run", "dev", "--", "--port", "$PORT"}})
	h.Wait("hotswap knows Vite", func(l line) bool {
		return l.Event == "own-reload" && strings.HasPrefix(l.Message, "vite reloads its own sources")
	})
	tr := h.under([]load.Kind{load.FreshGET(1), load.KeepAliveGET(1)})
	f := hotClient(h)
	write(t, filepath.Join(dir, "src/value.js"), "export const value = 2")
	if text, err := f.hear(); !strings.Contains(text, `"type":"update"`) ||
		!strings.Contains(text, `"acceptedPath":"/src/value.js"`) {
		t.Errorf("after a save of a source: %s, %v", text, err)
	}
	installs(2)
	if l := h.Serving(2); !slices.Equal(l.Files, []string{"node_modules/.package-lock.json"}) {
		t.Errorf("generation 2 serves for %q", l.Files)
	}
	if h.Count(is("standby")) > 0 {
		t.Error("a process waits for a save that starts none")
	}
	if text, err := f.hear(); err == nil || err.Error() != "closed: 1012 service restart" {
		t.Errorf("at the swap: %s, %v", text, err)
	}
	hotClient(h)
	tr.Answers("2", 20)
	tr.end(t)
}

// A value of hotswap-dev/local survives that Vite makes the module graph of a server anew.
func TestLocalValuesSurviveVite(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(root, "internal/e2e/testdata/vite")
	install(t, folder)
	nodes(t)[0].testScript(t, "../../../../internal/e2e/testdata/vite/local.mjs", t.TempDir())
}

// viteServer is a program with Vite inside. By Vite it loads early.js once, as it starts, and entry.js for each
// request, at which a thread ends.
const viteServer = `
import { createServer } from 'node:http'
import { Worker } from 'node:worker_threads'
import { createServer as vite } from 'vite'
import { shared } from './src/shared.js'
const server = createServer()
const served = "const http = require('http'); http.createServer((q, r) => r.end()).listen(0, '127.0.0.1', " +
  "function () { http.get({ port: this.address().port }, () => process.exit()) })" // hotswap knows the thread
const dev = await vite({
  server: { middlewareMode: true, hmr: { server }, allowedHosts: ['a'] },
  appType: 'custom', cacheDir: '.vite', configFile: false,
})
const { early } = await dev.ssrLoadModule('/src/early.js')
server.on('request', (request, response) => dev.middlewares(request, response, async () => {
  const thread = new Worker(served, { eval: true })
  await new Promise((done) => thread.on('exit', done))
  const { value } = await dev.ssrLoadModule('/src/entry.js')
  response.end([1, early, shared, value].join())
}))
server.listen(process.env.PORT, '127.0.0.1')`

// A server with Vite inside swaps for what Node itself has loaded, also if Vite has loaded it too, and for what Vite
// has loaded for the server. What a browser has asked for Vite updates, for browsers and for the server.
func TestViteInTheProgram(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	linkModules(t, dir, "internal/e2e/testdata/vite")
	export := func(name string, n int) {
		write(t, filepath.Join(dir, "src", name+".js"), fmt.Sprintf("export const %s = %d", name, n))
	}
	for _, name := range []string{"early", "shared", "value"} {
		export(name, 1)
	}
	write(t, filepath.Join(dir, "package.json"), `{"private":true,"type":"module"}`)
	write(t, filepath.Join(dir, "server.mjs"), viteServer)
	write(t, filepath.Join(dir, "src/entry.js"), "import './shared.js'\nexport { value } from './value.js'")
	write(t, filepath.Join(dir, "src/main.js"),
		"import { value } from './value.js'\nimport.meta.hot.accept('./value.js', () => {})\nconsole.log(value)")
	h := start(t, options{dir: dir, args: []string{"--verbose", "--probation", "0"},
		command: []string{"node", "server.mjs"}})
	h.Serving(1)
	says := func(want string) { // to one who asks for a file of the name of one of the server's
		t.Helper()
		if got := get("http://" + h.addr() + "/early.js"); got != want {
			t.Errorf("%q is answered, not %s", got, want)
		}
	}
	f := hotClient(h) // what a browser asks for Vite updates there
	says("1,1,1,1")
	h.known(1, true)
	h.Wait("hotswap knows Vite", func(l line) bool {
		return l.Event == "own-reload" && strings.HasPrefix(l.Message, "vite in the program reloads its own sources")
	})
	export("value", 2)
	if text, err := f.hear(); !strings.Contains(text, `"type":"update"`) {
		t.Errorf("after a save of a source: %s, %v", text, err)
	}
	h.ignores("src/value.js")
	says("1,1,1,2")
	export("shared", 2)
	h.Serving(2)
	says("1,1,2,2")
	export("early", 2)
	h.Serving(3)
	says("1,2,2,2")
	write(t, filepath.Join(dir, "server.mjs"), strings.Replace(viteServer, "[1,", "[2,", 1))
	h.Serving(4)
	says("2,2,2,2")
}
