package setup

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/lazy"
	"github.com/hotswap-dev/hotswap/internal/plain"
)

// Proposal is what hotswap.yaml should say, and what to change in package.json.
type Proposal struct {
	Found
	Source string // where the command was found, such as "the script dev of package.json"
	Script string // the script of package.json that has the command; "": none has
	Old    string // what hotswap replaces in the script
	Start  string // the script that starts hotswap, and may do more than that; "": hotswap alone does

	manifest string            // the text of package.json
	scripts  map[string]string // of it
	whole    bool              // nothing runs beside or before what hotswap replaces
}

var (
	// ErrNothing: no file has a watcher that hotswap init knows.
	ErrNothing = errors.New("nothing here runs a watcher that hotswap init knows")
	// ErrDone: a script, or another command that the project lists, runs hotswap already.
	ErrDone = errors.New("runs hotswap already")
	// ErrRefused: hotswap init cannot take the command over.
	ErrRefused = errors.New("cannot be taken over")
)

// usual are the scripts that run a program while people work on it, the likeliest first.
var usual = strings.Fields("dev start:dev dev:server dev:api dev:backend server:dev develop development watch serve server start:watch start")

func Look(files fs.FS) (*Proposal, error) {
	p, ok := newProject(files)
	if !ok {
		return nil, fmt.Errorf("%w: package.json cannot be read", ErrRefused)
	}
	found, err := p.look()
	switch {
	case err != nil:
		return nil, err
	case found == nil, !found.Refused && strings.TrimSpace(found.Command) == "":
		return nil, p.nothing()
	case found.Refused:
		return nil, fmt.Errorf("%s: %s %w: write hotswap.yaml with the command that it runs", found.Source, cmp.Or(found.Watcher, found.Command), ErrRefused)
	}
	if folder := output(found.Command); folder != "" && (strings.HasPrefix(found.Watcher, "node") || strings.HasPrefix(found.Watcher, "fastify")) && len(found.Steps) == 0 && !found.has("watch") {
		found.Add("watch", folder) // a compiler writes there; the source is not the program yet
	}
	found.Library = worker(found.Command)
	if found.Library != "" {
		found.Add("ready", "start")
	}
	if text := string(found.YAML()); plain.Lines(text) != text {
		return nil, fmt.Errorf("%s: %w: it has control characters", found.Source, ErrRefused)
	}
	return found, nil
}

// look returns the first watcher; else the first command that watches nothing; else a server that reloads its own
// sources; else nil.
func (p *project) look() (first *Proposal, err error) {
	found, err := p.fromScripts()
	if found != nil || err != nil {
		return found, err
	}
	for _, c := range [...]struct{ file, text string }{
		{"Procfile.dev", p.line("Procfile.dev", web)}, {"Procfile", cmp.Or(p.line("Procfile", web), p.line("Procfile", work))}, {".air.toml", "air"}, {"nodemon.json", "nodemon"},
		{"manage.py", "python3 manage.py runserver"}, {"bin/rails", "bin/rails server"}, {"deno.json", p.line("deno.json", task)},
	} {
		if c.text == "" || !p.has(c.file) {
			continue
		}
		if runsHotswap(c.text) {
			return nil, fmt.Errorf("%s %w", c.file, ErrDone)
		}
		found := p.fromText(c.text, c.file)
		if rails().MatchString(found.Command) && !found.Refused {
			found.Command += " -P tmp/pids/server-$HOTSWAP_GENERATION.pid" // Rails does not start while the process of its pid file runs
			found.Add("ignore", "app/**")                                  // which Rails loads anew itself
		}
		if found.Watcher != "" {
			return found, nil
		}
		first = cmp.Or(first, found)
	}
	for _, name := range usual {
		first = cmp.Or(first, p.fromServer(name))
	}
	return first, nil
}

// nothing says in two lines what the project runs instead of a watcher, and what to do.
func (p *project) nothing() error {
	i := slices.IndexFunc(usual, func(name string) bool { return p.manifest.Scripts[name] != "" })
	if guess := p.guess(); guess != "" {
		return fmt.Errorf("%w\nwrite: %s", ErrNothing, guess)
	}
	if i < 0 {
		return fmt.Errorf("%w\nwrite hotswap.yaml with the server's command, such as command: node server.js", ErrNothing)
	}
	return fmt.Errorf("%w; the script %s runs: %s\nif that watches no files, write: hotswap -- %s run %[2]s; else hotswap.yaml with command: node server.js",
		ErrNothing, usual[i], plain.Short(p.manifest.Scripts[usual[i]], 80), cmp.Or(managerOf(p.files), npm))
}

func (p *project) fromScripts() (*Proposal, error) {
	names := slices.Clone(usual)
	for _, name := range slices.Sorted(maps.Keys(p.manifest.Scripts)) {
		if !slices.Contains(usual, name) && !strings.HasPrefix(name, "test") && !strings.HasPrefix(name, "build") {
			names = append(names, name)
		}
	}
	for _, name := range names {
		if h := p.inScript(name); h != nil {
			return p.complete(h, "", name), nil
		}
		if runsHotswap(p.manifest.Scripts[name]) {
			return nil, fmt.Errorf("the script %s of package.json %w", name, ErrDone)
		}
	}
	return nil, nil
}

// complete says what to do about a watcher. outer is the script by which people start the server;
// "" for a command that source has.
func (p *project) complete(h *Proposal, source, outer string) *Proposal {
	if h.Script == "" {
		if !h.whole {
			h.leave("what runs before or beside " + h.Old)
		}
		h.Source, h.Old = source, ""
		return h
	}
	h.Source, h.manifest, h.scripts = "the script "+h.Script+" of package.json", p.text, p.manifest.Scripts
	outer = cmp.Or(outer, h.Script)
	if outer != h.Script || !h.whole || p.manifest.Scripts["pre"+outer] != "" {
		h.Start = outer
	}
	return h
}

var (
	web   = lazy.Pattern(`(?m)^web:[ \t]*(.+)$`)                              // in a Procfile
	work  = lazy.Pattern(`(?m)^worker:[ \t]*(.+)$`)                           // the same, of a project that serves nothing
	task  = lazy.Pattern(`"tasks"\s*:[^}]*"(?:dev|start)"\s*:\s*"([^"\\]+)"`) // of Deno
	rails = lazy.Pattern(`(?:^|[ /])rails s(?:erver)?(?: [^;&|]*)?$`)
)

// line returns the command that a file has for people who develop; "" if there is none.
func (p *project) line(file string, command func() *regexp.Regexp) string {
	text, _ := p.read(file)
	if m := command().FindStringSubmatch(text); m != nil {
		return strings.TrimSpace(m[1])
	}
	return ""
}

// mayWatch is in commands that may watch files in a way that hotswap init does not know.
var mayWatch = lazy.Pattern(`(?i)watch|reload|restart|\b(dev|nodemon|air|entr|rerun|reflex|modd|gow|bacon|hupper|guard|compiledaemon)\b`)

func (p *project) fromText(text, source string) *Proposal {
	if h := p.inText(text); h != nil {
		return p.complete(h, source, "")
	}
	command := &Proposal{Source: source}
	command.Refused = mayWatch().MatchString(text)
	command.script(nil, text)
	return command
}
