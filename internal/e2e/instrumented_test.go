//go:build linux

package e2e

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
)

// instrumented copies files of testdata/instrumented to a folder of the test's own.
func instrumented(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	linkModules(t, dir, "internal/e2e/testdata/instrumented")
	for _, name := range files {
		copyFile(t, filepath.Join("testdata/instrumented", name), filepath.Join(dir, name))
	}
	return dir
}

// The traces and errors of a warm start are those of a cold one, whether its standby has
// run the instrumentation or has waited before it.
func TestInstrumented(t *testing.T) {
	t.Parallel()
	all := nodes(t)
	for _, c := range []struct {
		nodeBinary
		tool, ext, option string
		ahead             bool
	}{
		{all[0], "sentry", ".mjs", "--import", false},
		{all[len(all)-1], "otel", ".cjs", "--require", true},
	} {
		t.Run(fmt.Sprintf("node%d/%s%s", c.major, c.tool, c.ext), func(t *testing.T) {
			t.Parallel()
			folder := filepath.Join(root, "handoff/runtime/node/js")
			dir := instrumented(t, "app"+c.ext, c.tool+c.ext)
			a := awkward{dir: dir, args: []string{c.option, "./" + c.tool + c.ext, "app" + c.ext}}
			if c.ahead {
				a.run = []string{filepath.Join(dir, c.tool+c.ext)}
			}
			a.compare(t, c.binary, folder)
		})
	}
}

// A program whose own first line instruments it has ahead what is not wrapped and needs nothing that
// is. Its traces are those of a cold start.
func TestInstrumentsItself(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(root, "handoff/runtime/node/js")
	for _, n := range someNodes(t) {
		for ext, first := range map[string]string{".cjs": "otel", ".mjs": "traced"} {
			t.Run(fmt.Sprintf("node%d/%s", n.major, ext), func(t *testing.T) {
				t.Parallel()
				dir := instrumented(t, "first"+ext, first+ext, "app"+ext)
				by := " wrapped by " + first + ext
				awkward{
					dir: dir, args: []string{"first" + ext}, ahead: 60,
					noticed: []string{"express is" + by, "pino is" + by, "ioredis is" + by, "pino-http needs pino"},
				}.compare(t, n.binary, folder)
			})
		}
	}
}

// A file of --standby-run runs in the standby, whose output begins when it is released. A
// change of the file, or of what it imports, swaps and throws the standby away.
func TestStandbyRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	main, file, settings := filepath.Join(dir, "main.mjs"), filepath.Join(dir, "instrument.mjs"), filepath.Join(dir, "settings.mjs")
	write(t, main, "import http from 'node:http'\nhttp.createServer((q, r) => r.end('version 1 after ' + globalThis.ran)).listen(process.env.PORT, '127.0.0.1')\n")
	write(t, file, "import { name } from './settings.mjs'\nglobalThis.ran = `${(globalThis.ran || '')}1 ${name}`\nconsole.error('generation ' + process.env.HOTSWAP_GENERATION + ' is instrumented')\n")
	write(t, settings, "export const name = 'a'\n")
	h := start(t, options{dir: dir, args: []string{"--standby-run", "instrument.mjs"}, command: []string{"node", "--import", "./instrument.mjs", "main.mjs"}})
	h.Serving(1)
	for gen, c := range []struct {
		file, old, new, answer string
		warm                   bool
	}{
		{main, "version 1", "version 2", "version 2 after 1 a", true},
		{settings, "'a'", "'b'", "version 2 after 1 b", false},
		{main, "version 2", "version 3", "version 3 after 1 b", true},
		{file, "1 $", "2 $", "version 3 after 2 b", false},
		{main, "version 3", "version 4", "version 4 after 2 b", true},
	} {
		gen += 2
		h.waits(gen)
		said := fmt.Sprintf("generation %d is instrumented", gen)
		if strings.Contains(h.Log(), said) {
			t.Errorf("generation %d has printed before it is released", gen)
		}
		e2etest.Replace(t, c.file, c.old, c.new)
		if l := h.Serving(gen); l.Standby != c.warm {
			t.Errorf("generation %d after a save of %s: warm %v", gen, filepath.Base(c.file), l.Standby)
		}
		if got := ping(h.port); !strings.Contains(got, c.answer) {
			t.Errorf("generation %d answers %q, want %q", gen, got, c.answer)
		}
		if n := strings.Count(h.Log(), said); n != 1 {
			t.Errorf("generation %d was instrumented %d times", gen, n)
		}
	}
}

// A standby's own module is none of the program's files.
func TestImporterIsNotReported(t *testing.T) {
	t.Parallel()
	home := filepath.Join(root, "handoff/runtime/node/js")
	cmd := exec.Command("node", "-e", `const home = process.argv[1]
		require(home + '/internals.cjs').importer()('node:fs').then(() => Array.from(require(home + '/modules/modules.cjs').answer((m) => console.log(JSON.stringify(m)), 1)))`, home)
	cmd.Dir = t.TempDir()
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), `"done":true`) || strings.Contains(string(out), "hotswap.cjs") {
		t.Errorf("%v\n%s", err, out)
	}
}
