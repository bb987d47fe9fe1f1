//go:build linux

package e2e

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
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
		{all[len(all)-2], "sentry", ".mjs", "--import", true},
		{all[len(all)-1], "otel", ".cjs", "--require", true},
	} {
		t.Run(fmt.Sprintf("node%d/%s%s", c.major, c.tool, c.ext), func(t *testing.T) {
			spare(t, c.tool == "sentry")
			t.Parallel()
			folder := filepath.Join(root, "handoff/runtime/js")
			dir := instrumented(t, "app"+c.ext, c.tool+c.ext)
			a := awkward{dir: dir, args: []string{c.option, "./" + c.tool + c.ext, "app" + c.ext}}
			if c.ahead {
				a.run, a.ahead = []string{filepath.Join(dir, c.tool+c.ext)}, 60
			}
			a.compare(t, c.binary, folder)
		})
	}
}

// A program whose own first line instruments it has ahead what is not wrapped and needs nothing that
// is. Its traces are those of a cold start.
func TestInstrumentsItself(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(root, "handoff/runtime/js")
	for i, n := range someNodes(t) {
		for ext, first := range map[string]string{".cjs": "otel", ".mjs": "traced"} {
			t.Run(fmt.Sprintf("node%d/%s", n.major, ext), func(t *testing.T) {
				spare(t, i == 0 || ext == ".cjs")
				t.Parallel()
				dir := instrumented(t, "first"+ext, first+ext, "app"+ext)
				by := " wrapped by " + first + ext
				awkward{
					dir: dir, args: []string{"first" + ext}, ahead: 165,
					noticed: []string{"express is" + by, "pino is" + by, "ioredis is" + by, "pino-http needs pino"},
				}.compare(t, n.binary, folder)
			})
		}
	}
}

// aheadOf returns how many packages a generation's standby has loaded, and what it says of the others.
func (h *hotswap) aheadOf(gen int) (ahead int, said string) {
	h.t.Helper()
	h.waits(gen)
	all := regexp.MustCompile(fmt.Sprintf(`generation %d is ready as a standby .*? (\d+)( of \d+)? packages ahead(.*)`, gen)).FindAllStringSubmatch(h.Log(), -1)
	var found []string
	if len(all) > 0 {
		found = all[len(all)-1] // the first may be of before the rehearsals
	}
	if found == nil {
		h.t.Fatalf("no line says what the standby has loaded:\n%s", h.Log())
	}
	ahead, _ = strconv.Atoi(found[1])
	return ahead, found[3]
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

// A Python module of --standby-run is loaded before the save, so the swap has not its load, and the program has what it has made.
// A save of the module, or of what it reads, reaches the new generation. A module that only the standby has loaded is known to be
// loaded, a test is not.
func TestStandbyRunPython(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	app, file, settings, other := filepath.Join(dir, "app.py"), filepath.Join(dir, "warm.py"), filepath.Join(dir, "settings.py"), filepath.Join(dir, "test_app.py")
	write(t, app, `import http.server, os, warm
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"version 1 " + warm.model.encode() + b" own" * (warm.pid == os.getpid()))
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
`)
	write(t, file, "import os, settings, sys, time\ntime.sleep(1.5)\nmodel, pid = 'model 1 ' + settings.name, os.getpid()\nprint('generation', os.environ['HOTSWAP_GENERATION'], 'loads', file=sys.stderr)\n")
	write(t, settings, "name = 'a'\n")
	write(t, other, "")
	command := []string{pythons(t)[0], "app.py"}
	cold := start(t, options{dir: dir, args: []string{"--no-warm"}, command: command})
	cold.Serving(1)
	h := start(t, options{dir: dir, args: []string{"--standby-run", "warm.py"}, command: command})
	h.Serving(1)
	for i, c := range []struct {
		file, old, new, answer string
		warm                   bool
	}{
		{app, "version 1", "version 2", "version 2 model 1 a own", true},
		{settings, "'a'", "'b'", "version 2 model 1 b own", false},
		{app, "version 2", "version 3", "version 3 model 1 b own", true},
		{file, "model 1", "model 2", "version 3 model 2 b own", false},
	} {
		gen := i + 2
		h.waits(gen)
		h.Wait("what is loaded", e2etest.Of("follows", gen-1))
		write(t, other, strings.Repeat("#", gen)) // swaps nothing
		h.Wait("a test", func(l line) bool { return l.Event == "ignored" && strings.Contains(fmt.Sprint(l.Files), "test_app") })
		e2etest.Replace(t, c.file, c.old, c.new)
		l := h.Serving(gen)
		if boot := cold.Serving(gen).BootMS; l.Standby != c.warm || l.Standby && l.BootMS > boot/2 {
			t.Errorf("generation %d after a save of %s: warm %v, %v ms; %v ms without standbys", gen, filepath.Base(c.file), l.Standby, l.BootMS, boot)
		}
		if got := ping(h.port); !strings.Contains(got, c.answer) {
			t.Errorf("generation %d answers %q, want %q", gen, got, c.answer)
		}
		if n := strings.Count(h.Log(), fmt.Sprintf("generation %d loads", gen)); n != 1 {
			t.Errorf("generation %d has loaded %d times", gen, n)
		}
	}
}

// A standby's own module is none of the program's files.
func TestImporterIsNotReported(t *testing.T) {
	t.Parallel()
	home := filepath.Join(root, "handoff/runtime/js")
	cmd := exec.Command("node", "-e", `const home = process.argv[1]
		require(home + '/internals.cjs').importer()('node:fs').then(() => Array.from(require(home + '/modules/modules.cjs').answer((m) => console.log(JSON.stringify(m)), 1)))`, home)
	cmd.Dir = t.TempDir()
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), `"done":true`) || strings.Contains(string(out), "hotswap.cjs") {
		t.Errorf("%v\n%s", err, out)
	}
}
