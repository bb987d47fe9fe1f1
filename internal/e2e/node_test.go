//go:build linux

package e2e

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// plainNode knows nothing of hotswap, nor of socket activation.
const plainNode = `
const http = require("http"), { version } = require('./version.json')
const server = http.createServer((req, res) => {
  const url = new URL(req.url, "http://x"), body = []
  req.on("data", (b) => body.push(b))
  req.on("end", () => setTimeout(() => {
    const answer = { pong: true, version, pid: process.pid }
    if (req.method === "POST") answer.echo = Buffer.concat(body).toString()
    res.end(JSON.stringify(answer))
  }, Number(url.searchParams.get("ms") || 0)))
}).listen(Number(process.env.PORT), process.env.HOST || "127.0.0.1")
`

// versionOne is its version.json at first.
const versionOne = `{"version":1}`

// nodeProject is a folder with plainNode and more code.
func nodeProject(t *testing.T, more string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "server.js"), plainNode+more)
	write(t, filepath.Join(dir, "version.json"), versionOne)
	return dir
}

// ownHandler is a server as frameworks are: told to stop, it closes what it has.
const ownHandler = `
process.on('SIGTERM', () => server.close(() => process.exit(0)))
`

// testScript runs a test of handoff/runtime/node/testdata.
func (n nodeBinary) testScript(t *testing.T, name string, args ...string) {
	t.Helper()
	script := filepath.Join(root, "handoff/runtime/node/testdata", name)
	out, err := exec.CommandContext(background(t), n.binary, append([]string{script}, args...)...).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// The adapter does without what is not as expected in Node, and says so.
func TestAdapterDegrades(t *testing.T) {
	t.Parallel()
	for i, n := range someNodes(t) {
		t.Run(fmt.Sprintf("node%d", n.major), func(t *testing.T) {
			spare(t, i == 0)
			n.testScript(t, "internals.test.cjs", filepath.Join(root, "handoff/runtime/js"), t.TempDir())
		})
	}
}

// The adapter by itself, in the node that is installed.
func TestAdapterInNode(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(root, "handoff/runtime/js")
	for _, args := range [][]string{
		{"frames.test.cjs"},
		{"move.test.cjs"},
		{"modules.test.cjs", folder, t.TempDir()},
		{"adapter.test.cjs", folder, t.TempDir(), "-v"},
		{"adapter.test.cjs", folder, t.TempDir(), "-v", "wrapped"},
		{"adapter.test.cjs", folder, t.TempDir(), "-v", "multiplexed"},
	} {
		t.Run(args[0]+strings.Join(args[min(4, len(args)):], " "), func(t *testing.T) {
			t.Parallel()
			nodes(t)[0].testScript(t, args[0], args[1:]...)
		})
	}
}

// Each npm and each compiler loads the adapter: it loads none of Node's larger modules
// at its start.
func TestAdapterLoadsLittle(t *testing.T) {
	main := filepath.Join(t.TempDir(), "main.js")
	write(t, main, "console.log(process.moduleLoadList.map(name => '<' + name + '>').join(' '))\n")
	t.Setenv("HOTSWAP_WIRE", "/nowhere/js") // as in a generation
	loads := func(n nodeBinary, args ...string) string {
		out := testkit.Must(exec.Command(n.binary, append(args, main)...).Output())(t)
		return string(out)
	}
	for _, n := range nodes(t) {
		without, with := loads(n), loads(n, "-r", filepath.Join(root, "handoff/runtime/js/adapter.cjs"))
		if !strings.Contains(with, "<NativeModule diagnostics_channel>") {
			t.Errorf("node %d: the adapter was not loaded: %s", n.major, with)
		}
		for _, name := range []string{"worker_threads", "internal/worker/io", "net", "http"} {
			name = "<NativeModule " + name + ">"
			if strings.Contains(with, name) && !strings.Contains(without, name) {
				t.Errorf("node %d: the adapter loads %s", n.major, name)
			}
		}
	}
}

// Under Node's permission model a program that may not read the adapter is told what to allow. With that it is served,
// and a line names what the model still forbids.
func TestPermissionModel(t *testing.T) {
	t.Parallel()
	all, dir := nodes(t), nodeProject(t, "")
	run := func(allowed string) *hotswap {
		return start(t, options{dir: dir, command: words(all[len(all)-1].binary +
			" --permission --allow-net --allow-fs-read=" + dir + allowed + " server.js")})
	}
	said := run("").Wait("what to allow", is("hint")).Message
	_, folder, _ := strings.Cut(said, "allow /")
	folder, _, ok := strings.Cut(folder, " by --allow-fs-read, or give hotswap --no-adapter")
	if !ok {
		t.Fatal(said)
	}
	h := run(" --allow-fs-read=/" + folder)
	h.Wait("a server", e2etest.Of("serving", 1))
	if said := h.Wait("what is off", is("adapter-limited")).Message; !strings.Contains(said, "--allow-inspector allows it") {
		t.Error(said)
	}
	write(t, filepath.Join(dir, "version.json"), `{"version":2}`)
	h.Wait("the save", e2etest.Of("serving", 2))
}
