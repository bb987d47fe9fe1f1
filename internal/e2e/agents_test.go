//go:build linux

package e2e

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
)

// agents are the newest versions of agents that patch packages, with how many packages are ahead of the programs below
// at least, and why some are not.
var agents = map[string]struct {
	ahead   int
	noticed []string
}{
	"datadog": {60, []string{"express is wrapped by", "pino is wrapped by",
		"dd-trace wraps modules as soon as it is loaded", "parseurl reads url.parse, which the program has replaced"}},
	"newrelic": {85, []string{"express is wrapped by", "pino is wrapped by",
		"newrelic wraps modules as soon as it is loaded"}},
	"elastic": {115, []string{"express is wrapped by", "ioredis is wrapped by"}},
	"sentry":  {65, []string{"express is wrapped by", "ioredis is wrapped by"}},
}

// agentProgram returns the folder of a program whose main.mjs imports a file that starts an agent, and then the
// program.
func agentProgram(t *testing.T, agent string) string {
	t.Helper()
	dir := t.TempDir()
	linkModules(t, dir, "internal/e2e/testdata/agents")
	for name, from := range map[string]string{"plain.cjs": "agents", agent + ".cjs": "agents",
		"app.mjs": "instrumented"} {
		copyFile(t, filepath.Join("testdata", from, name), filepath.Join(dir, name))
	}
	write(t, filepath.Join(dir, "main.mjs"), "import './"+agent+".cjs'\nimport './app.mjs'\n")
	return dir
}

// A program that starts an agent has ahead what the agent does not wrap, and what does not see what the agent replaces.
// What the agent reports is that of a cold start, also where a script of --require has started it, which may run in the
// standby.
func TestAgents(t *testing.T) {
	t.Parallel()
	all := nodes(t)
	compares := func(name string, often bool, prepare func(t *testing.T) awkward) {
		t.Run(name, func(t *testing.T) {
			spare(t, !often)
			t.Parallel()
			prepare(t).compare(t, all[len(all)-1].binary, filepath.Join(root, "handoff/runtime/js"))
		})
	}
	for agent, c := range agents {
		// the adapter reads the list of each in its own way
		compares(agent, agent == "datadog", func(t *testing.T) awkward {
			return awkward{dir: agentProgram(t, agent), args: []string{"main.mjs"}, ahead: c.ahead, noticed: c.noticed}
		})
	}
	compares("--require=otel.cjs", true, func(t *testing.T) awkward {
		dir := instrumented(t, "app.cjs", "otel.cjs")
		return awkward{dir: dir, args: []string{"--require", "./otel.cjs", "app.cjs"},
			run: []string{filepath.Join(dir, "otel.cjs")}, ahead: 60}
	})
	compares("first.mjs", true, func(t *testing.T) awkward {
		const by = " wrapped by traced.mjs"
		return awkward{
			dir: instrumented(t, "first.mjs", "traced.mjs", "app.mjs"), args: []string{"first.mjs"}, ahead: 165,
			noticed: []string{"express is" + by, "pino is" + by, "ioredis is" + by, "pino-http needs pino"},
		}
	})
}

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

// An agent that a file of its own starts may wrap another package after a save of any other file. That package is
// wrapped in the generation of that save, too, also where a package has required it that was loaded ahead.
func TestAnotherFileWrapsMore(t *testing.T) {
	t.Parallel()
	all := nodes(t)
	dir := t.TempDir()
	linkModules(t, dir, "internal/e2e/testdata/agents")
	for _, name := range []string{"newrelic.cjs", "plain.cjs"} {
		copyFile(t, filepath.Join("testdata/agents", name), filepath.Join(dir, name))
	}
	more := filepath.Join(dir, "more.cjs")
	write(t, more, "exports.version = 'version 1'\n")
	write(t, filepath.Join(dir, "main.cjs"), `require('./newrelic.cjs')
const { version } = require('./more.cjs')
const app = require('express')()
app.get('/', (req, res) => res.send(version + ' for ' + req.accepts()))
app.get('/report', async (req, res) => res.json(await globalThis.report()))
app.listen(process.env.PORT, '127.0.0.1')
`)
	h := start(t, options{dir: dir, command: []string{all[len(all)-2].binary, "main.cjs"}})
	h.Serving(1)
	for gen, c := range []struct {
		old, new string
		span     bool
	}{
		{"version 1", "version 2", false},
		{"exports.version = 'version 2'", `exports.version = 'version 3'
require('newrelic').instrument('negotiator', (shim, { prototype }) => shim.record(prototype, 'mediaTypes', () => ({ name: 'negotiated' })))`, true},
		{"version 3", "version 4", true},
	} {
		gen += 2
		if gen > 3 { // another rehearsal follows where other programs have the processors
			h.Wait("a standby that leaves out what was wrapped last", isEvent("standby", gen, "negotiator"))
		}
		if n, said := h.aheadOf(gen); n < 60 || strings.Contains(said, "negotiator") != (gen > 3) {
			t.Errorf("%d packages are ahead of generation %d: %s", n, gen, said)
		}
		e2etest.Replace(t, more, c.old, c.new)
		h.warm(gen)
		if got, want := get("http://"+h.addr()), fmt.Sprintf("version %d for */*", gen); got != want {
			t.Errorf("generation %d answers %q", gen, got)
		}
		if report := get("http://" + h.addr() + "/report"); strings.Contains(report, "negotiated") != c.span ||
			!strings.Contains(report, "Expressjs") {
			t.Errorf("generation %d reports %s", gen, report)
		}
	}
}
