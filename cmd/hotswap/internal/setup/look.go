package setup

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/hotswap-dev/hotswap/internal/plain"
)

var (
	// ErrNothing: no file has a watcher that hotswap init knows.
	ErrNothing = errors.New("nothing here runs a watcher that hotswap init knows")
	// ErrDone: a script, or another command that the project lists, runs hotswap already.
	ErrDone = errors.New("runs hotswap already")
	// ErrRefused: hotswap init cannot take the command over.
	ErrRefused = errors.New("cannot be taken over")
)

// usual are the scripts that run a program while people work on it, the likeliest first.
var usual = strings.Fields(
	"dev start:dev dev:server dev:api dev:backend server:dev develop development watch serve server start:watch start")

func Propose(files fs.FS) (*Proposal, error) {
	p := newProject(files)
	if p.broken {
		return nil, fmt.Errorf("%w: package.json cannot be read", ErrRefused)
	}
	found, err := p.fromScripts()
	switch {
	case err != nil:
		return nil, err
	case found == nil, !found.Refused && strings.TrimSpace(found.Command) == "":
		return nil, p.nothing()
	case found.Refused:
		return nil, fmt.Errorf("%s: %s %w: write hotswap.yaml with the command that it runs", found.Source,
			cmp.Or(found.Watcher, found.Command), ErrRefused)
	}
	if folder := output(found.Command); folder != "" && (strings.HasPrefix(found.Watcher, "node") ||
		strings.HasPrefix(found.Watcher, "fastify")) && !found.has("watch") {
		found.Add("watch", folder) // a compiler writes there; the source is not the program yet
	}
	if text := string(found.YAML()); plain.Lines(text) != text {
		return nil, fmt.Errorf("%s: %w: it has control characters", found.Source, ErrRefused)
	}
	return found, nil
}

// nothing says in two lines what the project runs instead of a watcher, and what to do.
func (p *project) nothing() error {
	if err := Packages(p.files, true, ErrNothing); err != nil {
		return err
	}
	if guess := p.guess(); guess != "" {
		return fmt.Errorf("%w\nwrite: %s", ErrNothing, guess)
	}
	name, text, runs := p.usually(p.starts)
	if name == "" {
		return fmt.Errorf("%w\nwrite hotswap.yaml with the server's command, such as command: node server.js",
			ErrNothing)
	}
	return fmt.Errorf(
		"%w; the script %s runs: %s\nif that watches no files, write: %s; else hotswap.yaml with command: node server.js",
		ErrNothing, name, plain.Short(text, 80), cmp.Or(once(text), "hotswap -- "+runs))
}

// fromScripts returns the first watcher of the scripts; else Rails; else nil.
func (p *project) fromScripts() (*Proposal, error) {
	names := slices.Clone(usual)
	for _, name := range slices.Sorted(maps.Keys(p.manifest.Scripts)) {
		if !slices.Contains(usual, name) && !strings.HasPrefix(name, "test") && !strings.HasPrefix(name, "build") {
			names = append(names, name)
		}
	}
	for _, name := range names {
		if h := p.inScript(name); h != nil {
			h.Source = "the script " + h.script + " of package.json"
			h.whole = h.whole && h.script == name && p.manifest.Scripts["pre"+name] == ""
			return h, nil
		}
		if runsHotswap(p.manifest.Scripts[name]) {
			return nil, fmt.Errorf("the script %s of package.json %w", name, ErrDone)
		}
	}
	if !p.has("bin/rails") {
		return nil, nil
	}
	// With one file for its process ID, Rails would not start beside the old process.
	rails := &Proposal{Source: "bin/rails", Command: "bin/rails server -P tmp/pids/server-$HOTSWAP_GENERATION.pid"}
	// Rails loads these anew itself.
	rails.Add("ignore", "app/**")
	return rails, nil
}
