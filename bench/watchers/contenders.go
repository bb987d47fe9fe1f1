//go:build unix

package watchers

import (
	"bytes"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/bench/fresh"
	"github.com/hotswap-dev/hotswap/internal/e2etest"
)

// contender is a row of the table.
type contender struct {
	fresh.Contender
	program  string   // of package fresh
	socket   string   // path of the program's WebSocket; "": an event stream is open instead
	version  []string // a command that prints the version of the tool; nil: hotswap, built from this repository
	Platform string   // where the tool runs, as its documentation says
	front    bool     // in the table of README.md, too
}

const (
	tsx        = "node_modules/.bin/tsx"
	index      = "src/index.ts"
	nodemon    = "ROOT/internal/e2e/testdata/tools/node_modules/.bin/nodemon"
	air        = "ROOT/dist/bin/air"
	everywhere = "Linux, macOS, Windows"
	ourSystems = "Linux; [less on macOS](limits.md#macos)"
)

// fronts are the rows of README.md.
var fronts = []string{"hotswap (tsx)", "tsx watch", "node --watch", "nodemon (tsx)", "bun --hot"}

// contenders returns the rows. Those of a program all run the same files.
func contenders() (all []contender) {
	add := func(program, socket, platform string, version []string, c fresh.Contender) {
		c.NoStream = "one connection of the benchmark stays open instead"
		all = append(all, contender{c, program, socket, version, platform, slices.Contains(fronts, c.Name)})
	}
	hono := func(name, platform string, version []string, command ...string) {
		// Bun reads .env by itself, the others do not
		c := fresh.Contender{Name: name, Command: command, Env: []string{"DATABASE="}}
		if version == nil {
			c.Hotswap = fresh.Warm
		}
		if name == "node --watch" {
			c.InPlace = "it misses saves that rename over a file"
		}
		add("hono-cdc", "/internal/cdc", platform, version, c)
	}
	hono("hotswap (tsx)", ourSystems, nil, tsx, index)
	hono("tsx watch", everywhere, []string{"ROOT/examples/hono-cdc/" + tsx, "--version"}, tsx, "watch", index)
	hono("node --watch", everywhere, []string{"node", "--version"}, "node", "--watch", "--import", "tsx", index)
	hono("nodemon (tsx)", everywhere, []string{nodemon, "--version"}, nodemon, "--quiet", "--watch", "src", "--ext",
		"ts", "--exec", tsx+" "+index)
	hono("entr -r (tsx)", "Linux, macOS, BSD", []string{"entr"}, "sh", "-c", "find src -name '*.ts' | exec entr -n -r "+
		tsx+" "+index)
	hono("hotswap (Bun)", ourSystems, nil, fresh.Bun, index)
	hono("bun --hot", everywhere, []string{fresh.Bun, "--version"}, fresh.Bun, "--hot", index)

	uvicorn := []string{fresh.Python, "-B", "-m", "uvicorn", "app:app", "--port", "PORT", "--no-access-log"}
	add("uvicorn", "/ws", ourSystems, nil, fresh.Contender{Name: "hotswap (uvicorn)", Hotswap: fresh.Warm,
		Command: uvicorn})
	add("uvicorn", "/ws", everywhere, []string{fresh.Python, "-m", "uvicorn", "--version"},
		fresh.Contender{Name: "uvicorn --reload", Command: append(slices.Clone(uvicorn), "--reload")})

	// The compiler's cache is everybody's, also that of hotswap with a cache of its own.
	cache, _ := exec.Command("go", "env", "GOCACHE").Output() // where there is no Go, no program is built
	env, build := []string{"GOCACHE=" + string(bytes.TrimSpace(cache))}, "go build -o tmp/server ."
	add("go", "", ourSystems, nil, fresh.Contender{Name: "hotswap (Go)", Hotswap: []string{"--build", build},
		Command: []string{"tmp/server"}, Env: env})
	add("go", "", everywhere, []string{air, "-v"},
		fresh.Contender{Name: "air", Command: []string{air, "--build.cmd", build, "--build.bin", "tmp/server"},
			Env: env})
	return all
}

var number = regexp.MustCompile(`\d+\.\d+(\.\d+)?`)

// versions returns the tools with their versions, or an error if one does not say it.
func versions(of []contender) (string, error) {
	var all []string
	for _, c := range of {
		if c.version == nil {
			continue
		}
		argv := slices.Clone(c.version)
		argv[0] = strings.Replace(argv[0], "ROOT", e2etest.Root(), 1)
		// entr, asked for nothing, says its release and fails
		out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
		version := number.FindString(string(out))
		if version == "" {
			return "", fmt.Errorf("%s cannot be started: %q says no version: %w: %.200s", c.Name, argv, err, out)
		}
		all = append(all, strings.Fields(c.Name)[0]+" "+version)
	}
	return strings.Join(all, ", "), nil
}
