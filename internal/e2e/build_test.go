//go:build linux

package e2e

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

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
