package setup

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/bmatcuk/doublestar/v4"
	"github.com/goccy/go-yaml"

	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/setup/shell"
	"github.com/hotswap-dev/hotswap/cmd/hotswap/internal/setup/watcher"
)

// sub is a folder of a file system.
type sub struct {
	files fs.FS
	dir   string
}

func (s sub) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	return s.files.Open(path.Join(s.dir, name))
}

// workspacesLimit bounds the folders of a monorepo that are looked at.
const workspacesLimit = 200

// workspaces returns the folders of the workspaces that package.json names.
func (p *project) workspaces() (dirs []string) {
	var patterns []string
	raw := p.Manifest("").Workspaces
	if json.Unmarshal(raw, &patterns) != nil {
		var c struct{ Packages []string }
		_ = json.Unmarshal(raw, &c)
		patterns = c.Packages
	}
	patterns = append(patterns, p.pnpmWorkspaces()...)
	for _, pattern := range patterns {
		pattern = path.Join(pattern, "package.json")
		if strings.Contains(pattern, "**") || manyBraces(pattern) || !doublestar.ValidatePattern(pattern) || !fs.ValidPath(pattern) {
			continue // could be anywhere
		}
		found, _ := doublestar.Glob(p.Files, pattern)
		for _, name := range found {
			if dir := path.Dir(name); len(dirs) < workspacesLimit && !slices.Contains(dirs, dir) {
				dirs = append(dirs, dir)
			}
		}
	}
	return dirs
}

// manyBraces reports whether a pattern may stand for more than some thousand others: their number
// grows with each {a,b}.
func manyBraces(pattern string) bool { return strings.Count(pattern, "{") > 3 || len(pattern) > 200 }

// pnpmWorkspaces returns the patterns of pnpm-workspace.yaml.
func (p *project) pnpmWorkspaces() []string {
	text, _ := p.Read("pnpm-workspace.yaml")
	var c struct {
		Packages []string `yaml:"packages"`
	}
	if len(text) > 16<<10 || strings.ContainsAny(text, "&*") && strings.Contains(text, "<<") {
		return nil
	}
	defer func() { _ = recover() }() // the library's
	_ = yaml.Unmarshal([]byte(text), &c)
	return c.Packages
}

var procfileLine = regexp.MustCompile(`(?m)^([A-Za-z0-9_-]+):[ \t]*(.+)$`)

// taskTables are where pyproject.toml and Pipfile have commands by name.
var taskTables = []struct {
	file string
	keys []string
}{
	{"pyproject.toml", []string{"tool", "poe", "tasks"}}, {"pyproject.toml", []string{"tool", "taskipy", "tasks"}},
	{"pyproject.toml", []string{"tool", "pdm", "scripts"}}, {"pyproject.toml", []string{"tool", "rye", "scripts"}},
	{"pyproject.toml", []string{"tool", "hatch", "envs", "default", "scripts"}}, {"Pipfile", []string{"scripts"}},
}

// makeTarget is a target of a Makefile with its only command.
var makeTarget = regexp.MustCompile(`(?m)^([A-Za-z:_-]+):[ \t]*([^=\n]*)\n\t[@-]*([^\n$\\]+)(?:\n[^\t]|\n*\z)`)

// fromLists looks at files that list commands: Procfiles, pyproject.toml, Pipfile, a Makefile.
func (p *project) fromLists() (plain *Proposal, err error) {
	for _, name := range [...]string{"Procfile.dev", "Procfile"} {
		text, _ := p.Read(name)
		others := 0
		var web *Proposal
		for _, m := range procfileLine.FindAllStringSubmatch(text, -1) {
			switch {
			case m[1] == "web" && p.runsHotswap(m[2]):
				return nil, fmt.Errorf("web in %s %w", name, ErrDone)
			case m[1] == "web" && web == nil:
				web = p.fromText(m[2], "web in "+name)
			default:
				others++
			}
		}
		if web == nil {
			continue
		}
		if others > 0 {
			web.Leave("the other processes of " + name)
		}
		if web.Watcher != "" {
			return web, nil
		}
		if plain == nil {
			plain = web
		}
	}
	for _, table := range taskTables {
		var all map[string]any
		text, _ := p.Read(table.file)
		if _, err := toml.Decode(text, &all); err != nil {
			continue
		}
		for _, key := range table.keys {
			all, _ = all[key].(map[string]any)
		}
		for _, name := range usual {
			command, _ := all[name].(string)
			if task, ok := all[name].(map[string]any); ok {
				command, _ = task["cmd"].(string)
			}
			where := name + " in " + strings.Join(table.keys, ".") + " of " + table.file
			if p.runsHotswap(command) {
				return nil, fmt.Errorf("%s %w", where, ErrDone)
			}
			found := p.fromText(command, where)
			if found != nil && found.Watcher != "" {
				return found, nil
			}
			if plain == nil {
				plain = found
			}
		}
	}
	text, _ := p.Read("Makefile")
	for _, m := range makeTarget.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(usual, m[1]) {
			continue
		}
		if found := p.fromText(m[3], m[1]+" in Makefile"); found != nil && (found.Watcher != "" || plain == nil) {
			if m[2] != "" {
				found.Leave("what the Makefile makes before it: " + m[2])
			}
			plain = found
		}
	}
	return plain, nil
}

// fromConfigs looks at files of watchers that people start by hand.
func (p *project) fromConfigs() (*Proposal, error) {
	for _, c := range [...]struct{ file, command string }{
		{".air.toml", "air"}, {".config/air.toml", "air"}, {"nodemon.json", "nodemon"},
	} {
		if kind, _ := p.Stat(c.file); kind == watcher.File {
			return p.fromText(c.command, c.file), nil
		}
	}
	if len(p.Manifest("").NodemonConfig) > 0 {
		return p.fromText("nodemon", "nodemonConfig in package.json"), nil
	}
	return nil, nil
}

// fromSources looks at files that a framework or a language has only for programs that run.
func (p *project) fromSources() (*Proposal, error) {
	gemfile, _ := p.Read("Gemfile")
	switch {
	case p.Has("manage.py"):
		return &Proposal{Found: watcher.Found{Command: "python3 manage.py runserver --noreload"}, Source: "manage.py"}, nil
	case p.Has("config.ru") && p.Has("bin/rails"):
		return p.fromText("bin/rails server", "bin/rails"), nil
	case p.Has("config.ru") && strings.Contains(gemfile, "puma"):
		return p.fromText("bundle exec puma", "config.ru and Gemfile"), nil
	case p.Has("config.ru") && gemfile != "":
		return p.fromText("bundle exec rackup", "config.ru and Gemfile"), nil
	case p.Has("config.ru"):
		return p.fromText("rackup", "config.ru"), nil
	}
	if found := p.fromPython(); found != nil {
		return found, nil
	}
	if found := p.fromGo(); found != nil {
		return found, nil
	}
	if m := p.Manifest(""); m.Main != "" && (m.Depends("express") || m.Depends("fastify") || m.Depends("koa")) && p.Has(m.Main) {
		return p.fromText("node "+shell.Quote(m.Main), "main in package.json"), nil
	}
	return nil, nil
}

var pythonApp = regexp.MustCompile(`(?m)^([A-Za-z_]\w*)(?:: *\w+)? *= *(FastAPI|Starlette|Litestar|Flask|Quart)\(`)

// fromPython looks for the one file that makes an ASGI or WSGI application. Its commands say
// python3, because Debian and others have no python outside of a virtual environment.
func (p *project) fromPython() *Proposal {
	depends := ""
	for _, name := range [...]string{"requirements.txt", "pyproject.toml", "Pipfile"} {
		text, _ := p.Read(name)
		depends += strings.ToLower(text)
	}
	if depends == "" {
		return nil
	}
	var where, module, variable, kind string
	for _, pattern := range [...]string{"*.py", "app/*.py", "src/*.py", "src/*/*.py"} {
		files, _ := doublestar.Glob(p.Files, pattern)
		for _, name := range files[:min(len(files), 100)] {
			text, _ := p.Read(name)
			m := pythonApp.FindStringSubmatch(text)
			switch {
			case m == nil:
			case where != "":
				return nil // two applications
			default:
				where, variable, kind = name, m[1], m[2]
			}
		}
	}
	if where == "" {
		return nil
	}
	dir := ""
	if module = strings.TrimSuffix(where, ".py"); strings.HasPrefix(module, "src/") {
		module, dir = strings.TrimPrefix(module, "src/"), "src"
	}
	module = strings.ReplaceAll(strings.TrimSuffix(module, "/__init__"), "/", ".") // by any other name Python would run a package's file twice
	command := ""
	switch {
	case dir == "" && p.runsItself(where, variable):
		command = "python3 " + where
	case kind == "Flask" || kind == "Quart":
		command = strings.ToLower(kind) + " --app " + module + ":" + variable + " run"
		if dir != "" {
			command = "PYTHONPATH=src " + command
		}
	case strings.Contains(depends, "uvicorn") || strings.Contains(depends, "fastapi"):
		command = "python3 -m uvicorn " + module + ":" + variable
		if dir != "" {
			command += " --app-dir src"
		}
	default:
		return nil
	}
	if p.Has("uv.lock") {
		command = "uv run " + command
	} else if p.Has("poetry.lock") {
		command = "poetry run " + command
	}
	return p.fromText(command, variable+" in "+where)
}

// runsItself reports whether a file of Python runs its application, and so names the port, without
// a reloader.
func (p *project) runsItself(file, variable string) bool {
	text, _ := p.Read(file)
	return regexp.MustCompile(`(?m)^\s+(`+variable+`|uvicorn)\.run\(`).MatchString(text) && p.fromText("python3 "+file, file).Watcher == ""
}

var goMain = regexp.MustCompile(`(?m)^package main\b`)

// fromGo looks for the one main package of a Go module.
func (p *project) fromGo() *Proposal {
	if !p.Has("go.mod") {
		return nil
	}
	var mains []string
	for _, pattern := range [...]string{"*.go", "cmd/*/*.go"} {
		files, _ := doublestar.Glob(p.Files, pattern)
		for _, name := range files[:min(len(files), 300)] {
			dir := path.Dir(name)
			if text, _ := p.Read(name); !strings.HasSuffix(name, "_test.go") && !slices.Contains(mains, dir) && goMain.MatchString(text) {
				mains = append(mains, dir)
			}
		}
	}
	if len(mains) != 1 {
		return nil
	}
	target := "."
	if mains[0] != "." {
		target = "./" + mains[0]
	}
	return &Proposal{
		Found:  watcher.Found{Command: "./tmp/main", Rules: []watcher.Rule{{Run: "go build -o ./tmp/main " + shell.Quote(target)}}},
		Source: "go.mod and package main in " + target,
	}
}
