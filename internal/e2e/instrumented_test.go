//go:build linux

package e2e

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
)

// aheadOf returns how many packages a generation's standby has loaded, and what it says of the others.
func (h *hotswap) aheadOf(gen int) (ahead int, said string) {
	h.t.Helper()
	h.waits(gen)
	all := regexp.MustCompile(fmt.Sprintf(`generation %d is ready as a standby .*? (\d+)( of \d+)? packages ahead(.*)`,
		gen)).FindAllStringSubmatch(h.Log(), -1)
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
	main, file, settings := filepath.Join(dir, "main.mjs"), filepath.Join(dir, "instrument.mjs"),
		filepath.Join(dir, "settings.mjs")
	write(t, main,
		"import http from 'node:http'\nhttp.createServer((q, r) => r.end('version 1 after ' + globalThis.ran)).listen(process.env.PORT, '127.0.0.1')\n")
	write(t, file,
		"import { name } from './settings.mjs'\nglobalThis.ran = `${(globalThis.ran || '')}1 ${name}`\nconsole.error('generation ' + process.env.HOTSWAP_GENERATION + ' is instrumented')\n")
	write(t, settings, "export const name = 'a'\n")
	h := start(t, options{dir: dir, args: []string{"--standby-run", "instrument.mjs"},
		command: []string{"node", "--import", "./instrument.mjs", "main.mjs"}})
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
		said := fmt.Sprintf("generation %d is instrumented", gen)
		h.waits(gen)
		if strings.Contains(h.Log(), said) {
			t.Errorf("generation %d has printed before it is released", gen)
		}
		h.runsAhead(gen, c.file, c.old, c.new, c.answer, said, c.warm)
	}
}

// A Python module of --standby-run is loaded before the save, and the program has what the module has made. A save of
// the module, or of what it reads, reaches the new generation.
func TestStandbyRunPython(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	app, file, settings := filepath.Join(dir, "app.py"), filepath.Join(dir, "warm.py"),
		filepath.Join(dir, "settings.py")
	write(t, app, `import http.server, os, warm
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"version 1 " + warm.model.encode() + b" own" * (warm.pid == os.getpid()))
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
`)
	write(t, file,
		"import os, settings, sys\nmodel, pid = 'model 1 ' + settings.name, os.getpid()\nprint('generation', os.environ['HOTSWAP_GENERATION'], 'loads', file=sys.stderr)\n")
	write(t, settings, "name = 'a'\n")
	h := start(t, options{dir: dir, args: []string{"--standby-run", "warm.py"},
		command: []string{pythons(t)[0], "app.py"}})
	h.Serving(1)
	for i, c := range []struct {
		file, old, new, answer string
		warm                   bool
	}{
		{app, "version 1", "version 2", "version 2 model 1 a own", true},
		{settings, "'a'", "'b'", "version 2 model 1 b own", false},
		{file, "model 1", "model 2", "version 2 model 2 b own", false},
	} {
		h.runsAhead(i+2, c.file, c.old, c.new, c.answer, fmt.Sprintf("generation %d loads", i+2), c.warm)
	}
}

// runsAhead changes a text of a file, which the generation's standby outlives if warm is set, and demands an answer,
// and that the generation has said something once: its standby has run.
func (h *hotswap) runsAhead(gen int, file, old, new, answer, said string, warm bool) {
	h.t.Helper()
	h.waits(gen)
	e2etest.Replace(h.t, file, old, new)
	if l := h.Serving(gen); l.Standby != warm {
		h.t.Errorf("generation %d after a save of %s: warm %v", gen, filepath.Base(file), l.Standby)
	}
	if got := ping(h.port); !strings.Contains(got, answer) {
		h.t.Errorf("generation %d answers %q, want %q", gen, got, answer)
	}
	if n := strings.Count(h.Log(), said); n != 1 {
		h.t.Errorf("generation %d has run ahead %d times", gen, n)
	}
}
