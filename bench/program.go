package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
)

// program is a program that is measured. Its GET /ping answers like the examples do,
// its GET /events is an event stream.
type program struct {
	name  string
	title string
	// prepare makes the folder that each contender gets a copy of.
	prepare func(dir string) error
	source  string   // the file that a save changes
	text    string   // of the file; VERSION stands for the version, NANOS for a unique number
	edited  []string // instead of source: files that saves change in turns, each in the line with "saved ="

	// waitMS is what the program itself waits at its start, which is taken off each
	// measurement. None of these programs waits.
	waitMS float64

	contenders []contender
}

// contender is a way to run a program so that a save has an effect.
type contender struct {
	name    string
	hotswap []string // hotswap's own arguments; nil: it is not hotswap
	command []string // PORT stands for the port, ROOT for the repository
	env     []string

	needs     []string // a command that succeeds where the contender can run
	inPlace   string   // why each save writes in place; "": they alternate
	noStream  string   // why its traffic has no event stream; "": it has one
	quietOnly bool
	onDemand  bool // runs only if -contenders names it
	baseline  bool // it is the hotswap of -baseline
}

// warm and cold are hotswap's own arguments.
var (
	warm = []string{}
	cold = []string{"--no-warm"}
)

// under returns hotswap with and without standby.
func under(command ...string) []contender {
	return []contender{
		{name: "hotswap", hotswap: warm, command: command},
		{name: "hotswap-cold", hotswap: cold, command: command, onDemand: true},
	}
}

const (
	bun      = "ROOT/examples/fleet/node_modules/.bin/bun"
	dotJS    = "export const version = VERSION // NANOS\n"
	nodemon  = "ROOT/internal/e2e/testdata/tools/node_modules/.bin/nodemon"
	python   = "/usr/bin/python3"
	lostFile = "it misses saves that rename over a file"

	openStream = "it waits without end for an open one"
)

// programs returns what can be measured.
func programs() []program {
	return []program{
		{
			name: "hono-cdc", title: "Hono, zod, ws by `npm run dev` → tsx",
			prepare: copied("examples/hono-cdc"), source: "src/version.ts", text: dotJS,
			contenders: append(under("npm", "run", "dev"),
				contender{name: "tsx watch", command: []string{"node_modules/.bin/tsx", "watch", "src/index.ts"}, env: []string{"NODE_ENV=development"}}),
		},
		{
			name: "large", title: "60 packages, TypeScript by tsx",
			prepare: copied("examples/large"), source: "src/version.ts", text: dotJS,
			contenders: append(under("node_modules/.bin/tsx", "src/index.ts"),
				contender{name: "tsx watch", command: []string{"node_modules/.bin/tsx", "watch", "src/index.ts"}},
				contender{name: "bun --hot", command: []string{bun, "--hot", "src/index.ts"}, needs: []string{bun, "--version"}, quietOnly: true}),
		},
		{
			name: "large-js", title: "the same in plain JavaScript by node",
			prepare: translated("examples/large"), source: "src/version.js", text: dotJS,
			contenders: append(under("node", "src/index.js"),
				contender{name: "node --watch", command: []string{"node", "--watch", "src/index.js"}, inPlace: lostFile}),
		},
		{
			name: "uvicorn", title: "FastAPI by uvicorn",
			prepare: written("fastapi", python, "-c", "import fastapi, uvicorn"), source: "version.py", text: "version = VERSION  # NANOS\n",
			contenders: append(under(python, "-B", "-m", "uvicorn", "app:app", "--port", "PORT", "--no-access-log"),
				contender{name: "uvicorn --reload", noStream: openStream, command: []string{python, "-B", "-m", "uvicorn", "app:app", "--port", "PORT", "--no-access-log", "--reload"}}),
		},
		{
			name: "sentry", title: "Express with Sentry by `node --import`",
			prepare: copied("bench/testdata/sentry"), source: "version.mjs", text: dotJS,
			contenders: append(under("node", "--import", "./instrument.mjs", "server.mjs"),
				contender{name: "hotswap --standby-run", hotswap: []string{"--standby-run", "instrument.mjs"}, command: []string{"node", "--import", "./instrument.mjs", "server.mjs"}},
				contender{name: "node --watch", command: []string{"node", "--watch", "--import", "./instrument.mjs", "server.mjs"}, inPlace: lostFile}),
		},
		{
			name: "puma", title: "Rack by puma",
			prepare: written("rackup", "ruby", "-rrack", "-rpuma", "-e", ""), source: "version.rb", text: "Version = VERSION # NANOS\n",
			contenders: append(under("puma", "-q", "-t", "8:8", "-b", "tcp://127.0.0.1:PORT"),
				contender{
					name: "nodemon", needs: []string{nodemon, "--version"},
					command: []string{nodemon, "--quiet", "--signal", "SIGTERM", "--ext", "rb,ru", "--exec", "puma -q -t 8:8 -b tcp://127.0.0.1:PORT"},
				}),
		},
		{
			name: "go", title: "net/http in Go by `--build`",
			prepare: goServer, source: "version.go", text: "package main\n\nvar version = \"VERSION\" // NANOS\n",
			contenders: []contender{
				{name: "hotswap", hotswap: []string{"--build", "go build -o tmp/server ."}, command: []string{"tmp/server"}},
				{
					name: "air", needs: []string{"air", "-v"},
					command: []string{"air", "--build.cmd", "go build -o tmp/server .", "--build.bin", "tmp/server"},
				},
			},
		},
	}
}

func names() (out []string) {
	for _, p := range programs() {
		out = append(out, p.name)
	}
	return out
}

// version returns the source file's text.
func (p program) version(n int, nanos int64) []byte {
	return []byte(strings.NewReplacer("VERSION", strconv.Itoa(n), "NANOS", strconv.FormatInt(nanos, 10)).Replace(p.text))
}

// expand fills in a command.
func expand(command []string, port string) (out []string) {
	fill := strings.NewReplacer("PORT", port, "ROOT", e2etest.Root())
	for _, arg := range command {
		out = append(out, fill.Replace(arg))
	}
	return out
}

// missing returns why a contender cannot run here, or nil.
func (c contender) missing() error {
	if len(c.needs) == 0 {
		return nil
	}
	argv := expand(c.needs, "")
	if out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("%q: %w: %.200s", argv, err, out)
	}
	return nil
}

// copied makes a copy of a folder of the repository, node_modules by symbolic link.
func copied(path string) func(string) error {
	return func(dir string) error {
		source := filepath.Join(e2etest.Root(), path)
		if _, err := os.Stat(filepath.Join(source, "package.json")); err == nil {
			if _, err := os.Stat(filepath.Join(source, "node_modules")); err != nil {
				return fmt.Errorf("%s has no packages: npm ci installs them", path)
			}
		}
		return copyProject(dir, source)
	}
}

func copyProject(dir, source string) error {
	entries, err := os.ReadDir(source)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, e := range entries {
		from, to := filepath.Join(source, e.Name()), filepath.Join(dir, e.Name())
		switch {
		case e.Name() == "hotswap.yaml": // its rules are not measured
		case e.Name() == "node_modules":
			if real, wrong := filepath.EvalSymlinks(from); wrong == nil {
				from = real
			}
			err = os.Symlink(from, to)
		case e.IsDir():
			err = os.CopyFS(to, os.DirFS(from))
		default:
			var b []byte
			if b, err = os.ReadFile(from); err == nil {
				err = os.WriteFile(to, b, 0o644)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}
