//go:build linux

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/testkit"
)

// goProject is examples/go-server as a module of its own, and the file with its
// version.
func goProject(t testing.TB) (dir, version string) {
	t.Helper()
	dir = t.TempDir()
	b := testkit.Must(os.ReadFile(filepath.Join(root, "examples", "go-server", "main.go")))(t)
	write(t, filepath.Join(dir, "main.go"), strings.Replace(string(b), "var version = \"1\"\n", "", 1))
	write(t, filepath.Join(dir, "go.mod"), "module server\n\ngo 1.26\n")
	version = filepath.Join(dir, "version.go")
	saveGo(t, version, 1)
	return dir, version
}

func saveGo(t testing.TB, file string, version int) {
	t.Helper()
	write(t, file, fmt.Sprintf("package main\n\nvar version = %q\n", strconv.Itoa(version)))
}

// A Go server, built beside the one that serves: each save costs one build and one
// swap, and what does not compile takes nothing down.
func TestBuildGoServer(t *testing.T) {
	t.Parallel()
	dir, version := goProject(t)
	h := start(t, options{
		dir: dir, args: []string{unhurried, "--build", "go vet .", "--build", "go build -o tmp/server ."},
		command: []string{"tmp/server", "-addr", "127.0.0.1:$PORT"},
	})
	tr := h.under(sixteen())
	saveGo(t, version, 2)
	if l := h.Serving(2); l.BuildMS == 0 || len(l.Files) != 1 || l.Files[0] != "version.go" {
		t.Errorf("%+v", l)
	}
	tr.Answers("2", 30)
	write(t, version, "package main\n\nvar version string = 7\n")
	l := h.Wait("the build that fails", is("build-failed"))
	if l.Next != "keeps" || l.Command != "go vet ." || l.Exit != "exit 1" {
		t.Errorf("%+v", l)
	}
	tr.More(50)
	saveGo(t, version, 3)
	h.Serving(3)
	tr.Answers("3", 30)
	tr.end(t)
	if built, serve := h.Count(is("building")), h.Count(is("serving")); built != 4 || serve != 3 {
		t.Errorf("%d builds and %d generations for 3 saves, of which one does not compile", built, serve)
	}
	h.signal(os.Interrupt)
	h.exits(0)
}

// copies is a build that copies src to dist, and fails if a version is broken.
const copies = `import fs from 'node:fs'
if (fs.readFileSync('src/version.mjs', 'utf8').includes('broken')) process.exit(1)
fs.mkdirSync('dist', { recursive: true })
for (const f of fs.readdirSync('src')) fs.writeFileSync('dist/' + f, fs.readFileSync('src/' + f))
`

// What a build makes runs in a process that was started ahead: before the build, which
// changes nothing of what it has loaded.
func TestBuildIsWarm(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	version := filepath.Join(dir, "src/version.mjs")
	write(t, filepath.Join(dir, "build.mjs"), copies)
	write(t, filepath.Join(dir, "src/main.mjs"), strings.Replace(oddServer, "FROM", "./version.mjs", 1))
	write(t, version, "export const version = 1\n")
	h := start(t, options{
		dir: dir, args: []string{"--no-warm=false", "--build", "node build.mjs"}, command: []string{"node", "dist/main.mjs"},
	})
	tr := h.under(getsOnly())
	swapped := func(v int) {
		t.Helper()
		write(t, version, fmt.Sprintf("export const version = %d\n", v))
		h.warm(v)
		tr.Answers(strconv.Itoa(v), 30)
		h.waits(v + 1)
	}
	h.waits(2)
	swapped(2)
	write(t, version, "export const version = 'broken'\n")
	if l := h.Wait("the build that fails", is("build-failed")); l.Next != "keeps" {
		t.Errorf("%+v", l)
	}
	tr.More(30)
	swapped(3)
	tr.end(t)
	if built := h.Count(is("building")); built != 4 {
		t.Errorf("%d builds for 3 saves:\n%s", built, h.Log())
	}
	if log := h.Log(); strings.Contains(log, `"event":"unused"`) {
		t.Errorf("a standby was thrown away:\n%s", log)
	}
}
