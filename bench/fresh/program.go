package fresh

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/e2etest"
)

// Program is a program that is measured. Its GET /ping answers like the examples do,
// its GET /events is an event stream.
type Program struct {
	Name  string
	Title string
	// Prepare makes the folder that each contender gets a copy of.
	Prepare func(dir string) error
	source  string   // the file that a save changes
	text    string   // of the file; VERSION stands for the version, NANOS for a unique number
	Edited  []string // instead of source: files that saves change in turns, each in the line with "saved ="

	Contenders []Contender
}

// Contender is a way to run a program so that a save has an effect.
type Contender struct {
	Name    string
	Hotswap []string // hotswap's own arguments; nil: it is not hotswap
	Command []string // PORT stands for the port, ROOT for the repository
	Env     []string

	Needs     []string // a command that succeeds where the contender can run
	InPlace   string   // why each save writes in place; "": they alternate
	NoStream  string   // why its traffic has no event stream; "": it has one
	quietOnly bool
	onDemand  bool // runs only if -contenders names it
	baseline  bool // it is the hotswap of -baseline
}

// warm and cold are hotswap's own arguments.
var (
	Warm = []string{}
	Cold = []string{"--no-warm"}
)

// under returns hotswap with and without standby.
func under(command ...string) []Contender {
	return []Contender{
		{Name: "hotswap", Hotswap: Warm, Command: command},
		{Name: "hotswap-cold", Hotswap: Cold, Command: command, onDemand: true},
	}
}

const (
	Bun      = "ROOT/examples/fleet/node_modules/.bin/bun"
	dotJS    = "export const version = VERSION // NANOS\n"
	nodemon  = "ROOT/internal/e2e/testdata/tools/node_modules/.bin/nodemon"
	Python   = "/usr/bin/python3"
	lostFile = "it misses saves that rename over a file"

	openStream = "it waits without end for an open one"
)

// Programs returns what can be measured.
func Programs() []Program {
	return []Program{
		{
			Name: "hono-cdc", Title: "Hono, zod, ws by `npm run dev` → tsx",
			Prepare: Copied("examples/hono-cdc"), source: "src/version.ts", text: dotJS,
			Contenders: append(under("npm", "run", "dev"),
				Contender{Name: "tsx watch", Command: []string{"node_modules/.bin/tsx", "watch", "src/index.ts"},
					Env: []string{"NODE_ENV=development"}}),
		},
		{
			Name: "large", Title: "60 packages, TypeScript by tsx",
			Prepare: Copied("examples/large"), source: "src/version.ts", text: dotJS,
			Contenders: append(under("node_modules/.bin/tsx", "src/index.ts"),
				Contender{Name: "tsx watch", Command: []string{"node_modules/.bin/tsx", "watch", "src/index.ts"}},
				Contender{Name: "bun --hot", Command: []string{Bun, "--hot", "src/index.ts"},
					Needs: []string{Bun, "--version"}, quietOnly: true}),
		},
		{
			Name: "large-js", Title: "the same in plain JavaScript by node",
			Prepare: translated("examples/large"), source: "src/version.js", text: dotJS,
			Contenders: append(under("node", "src/index.js"),
				Contender{Name: "node --watch", Command: []string{"node", "--watch", "src/index.js"},
					InPlace: lostFile}),
		},
		{
			Name: "uvicorn", Title: "FastAPI by uvicorn",
			Prepare: written("fastapi", Python, "-c", "import fastapi, uvicorn"), source: "version.py",
			text: "version = VERSION  # NANOS\n",
			Contenders: append(under(Python, "-B", "-m", "uvicorn", "app:app", "--port", "PORT", "--no-access-log"),
				Contender{Name: "uvicorn --reload", NoStream: openStream,
					Command: []string{Python, "-B", "-m", "uvicorn", "app:app", "--port", "PORT", "--no-access-log",
						"--reload"}}),
		},
		{
			Name: "sentry", Title: "Express with Sentry by `node --import`",
			Prepare: Copied("bench/testdata/sentry"), source: "version.mjs", text: dotJS,
			Contenders: append(under("node", "--import", "./instrument.mjs", "server.mjs"),
				Contender{Name: "hotswap --standby-run", Hotswap: []string{"--standby-run", "instrument.mjs"},
					Command: []string{"node", "--import", "./instrument.mjs", "server.mjs"}},
				Contender{Name: "node --watch", Command: []string{"node", "--watch", "--import", "./instrument.mjs",
					"server.mjs"}, InPlace: lostFile}),
		},
		{
			Name: "puma", Title: "Rack by puma",
			Prepare: written("rackup", "ruby", "-rrack", "-rpuma", "-e", ""), source: "version.rb",
			text: "Version = VERSION # NANOS\n",
			Contenders: append(under("puma", "-q", "-t", "8:8", "-b", "tcp://127.0.0.1:PORT"),
				Contender{
					Name: "nodemon", Needs: []string{nodemon, "--version"},
					Command: []string{nodemon, "--quiet", "--signal", "SIGTERM", "--ext", "rb,ru", "--exec",
						"puma -q -t 8:8 -b tcp://127.0.0.1:PORT"},
				}),
		},
		{
			Name: "go", Title: "net/http in Go by `--build`",
			Prepare: goServer, source: "version.go", text: "package main\n\nvar version = \"VERSION\" // NANOS\n",
			Contenders: []Contender{
				{Name: "hotswap", Hotswap: []string{"--build", "go build -o tmp/server ."},
					Command: []string{"tmp/server"}},
				{
					Name: "air", Needs: []string{"air", "-v"},
					Command: []string{"air", "--build.cmd", "go build -o tmp/server .", "--build.bin", "tmp/server"},
				},
			},
		},
	}
}

func Names() (out []string) {
	for _, p := range Programs() {
		out = append(out, p.Name)
	}
	return out
}

// version returns the source file's text.
func (p Program) version(n int, nanos int64) []byte {
	return []byte(strings.NewReplacer("VERSION", strconv.Itoa(n), "NANOS", strconv.FormatInt(nanos, 10)).Replace(
		p.text))
}

// expand fills in a command.
func expand(command []string, port string) (out []string) {
	fill := strings.NewReplacer("PORT", port, "ROOT", e2etest.Root())
	for _, arg := range command {
		out = append(out, fill.Replace(arg))
	}
	return out
}

// Missing returns why a contender cannot run here, or nil.
func (c Contender) Missing() error {
	if len(c.Needs) == 0 {
		return nil
	}
	argv := expand(c.Needs, "")
	if out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("%q: %w: %.200s", argv, err, out)
	}
	return nil
}

// Copied makes a copy of a folder of the repository, its packages by symbolic links.
func Copied(path string) func(string) error {
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

// linkPackages makes a folder node_modules with links to the packages of another one. It copies a package to which that
// one has a link itself, hotswap's client: users have that from npm, and what lies outside node_modules counts as
// theirs.
func linkPackages(dir, source string) error {
	source, err := filepath.EvalSymlinks(source)
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(source)
	if err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	for _, e := range entries {
		from, to := filepath.Join(source, e.Name()), filepath.Join(dir, e.Name())
		if e.Type() != os.ModeSymlink {
			err = os.Symlink(from, to)
		} else {
			err = os.CopyFS(to, os.DirFS(from))
		}
		if err != nil {
			return err
		}
	}
	return nil
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
			err = linkPackages(to, from)
		case e.IsDir():
			err = os.CopyFS(to, os.DirFS(from))
		default:
			var b []byte
			b, err = os.ReadFile(from)
			if err == nil {
				err = os.WriteFile(to, b, 0o644)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}
